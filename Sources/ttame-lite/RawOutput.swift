import Explain

/// Writes the numbers behind an explanation as a safetensors file: `logits` and `probabilities` `[classes]`, `map`
/// `[K, height, width]` before the sigmoid, and `saliency` `[K, height, width]` in 0...1.
struct RawOutput {
  static let formatKey = "format"
  /// What the mark of the input stands behind in the metadata.
  static let markKey = "software"
  /// What the metadata call the file.
  static let format = "ttame-lite raw"
  private static let fileType = ".safetensors"

  private var plan: OutputPlan

  /// - Parameters:
  ///   - path: a file, or a folder for many inputs.
  ///   - inputs: the inputs, folders taken apart.
  ///   - claims: knows all inputs.
  ///   - naming: how the pictures are named, and the files likewise.
  init(_ path: String, inputs: InputList, claims: FileClaims, naming: OutputPlan.Naming) throws {
    if path == "-" { throw Failure(.usage, "--raw needs a file; it cannot be standard output") }
    let destination = try OutputDestination(path, inputs: inputs, option: "--raw") {
      $0.lowercased().hasSuffix(Self.fileType)
    }
    var naming = naming
    if case .folder = destination {} else { naming.mirrorsFolders = false }
    plan = try OutputPlan(
      destination, as: .numbers, fileType: Self.fileType, claims: claims, naming: naming, option: "--raw")
  }

  /// Writes one input's results.
  ///
  /// - Returns: the path, if it was another input's.
  mutating func write(
    _ origin: PictureOrigin, _ predictions: Predictions, _ explained: [(map: ClassMap, saliency: SaliencyLayer)]
  ) throws -> String? {
    guard case .file(let path) = try plan.target(for: origin, label: nil), !explained.isEmpty else { return nil }
    let written = try plan.write(to: path, of: origin) { path, isNew in
      try Self.write(path, isNew: isNew, origin, predictions, explained)
    }
    return written.replacesAnother ? written.path : nil
  }

  /// - Returns: false where the file is to be new and is not.
  private static func write(
    _ path: String, isNew: Bool, _ origin: PictureOrigin, _ predictions: Predictions,
    _ explained: [(map: ClassMap, saliency: SaliencyLayer)]
  ) throws -> Bool {
    let first = explained[0]
    let classes = predictions.logits.count
    let tensors = [
      SafetensorsWriter.Declaration("logits", .f32, [classes]),
      SafetensorsWriter.Declaration("probabilities", .f32, [classes]),
      SafetensorsWriter.Declaration("map", .f32, [explained.count, first.map.height, first.map.width]),
      SafetensorsWriter.Declaration("saliency", .f32, [explained.count, first.saliency.height, first.saliency.width]),
    ]
    let indices = explained.map { String($0.map.classIndex) }.joined(separator: ",")
    do throws(FileError) {
      return try Interruption.protecting { () throws(FileError) in
        let writer = try SafetensorsWriter(
          path: path, tensors: tensors,
          metadata: [formatKey: format, markKey: PictureMark(origin).text, "classes": indices])
        try writer.write(predictions.logits, to: "logits")
        try writer.write(predictions.probabilities, to: "probabilities")
        try writer.write(explained.flatMap(\.map.values), to: "map")
        // One after the other, for each is as large as the picture.
        for (index, item) in explained.enumerated() {
          let values = SaliencyMap(item.saliency).values
          try writer.write(values, to: "saliency", at: index * values.count * MemoryLayout<Float>.stride)
        }
        if isNew { return try writer.finishNew() }
        _ = try writer.finish()
        return true
      }
    } catch {
      throw Failure(error, writing: path)
    }
  }
}
