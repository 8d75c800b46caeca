/// The picture that an ONNX graph reads: `[1, channels, height, width]` or `[1, height, width, channels]`, or a batch of as many
/// pictures as one likes.
struct ONNXInput {
  /// Nil where height or width are open.
  let size: PixelSize?
  /// 1 or 3.
  let channels: Int
  /// Whether the channels are the last dimension, as in TensorFlow.
  let isChannelsLast: Bool
  /// Whether the graph reads pixels in 0...255 as whole numbers.
  let isBytes: Bool
  /// What the graph does to the values first.
  let normalization: ONNXPixelNormalization?

  /// As preprocessing has it.
  private static let largestSide = 4096

  init(_ model: ONNXModel) throws(ImportError) {
    let inputs = model.graph.inputs
    guard inputs.count == 1 else {
      let names = inputs.map(\.name).joined(separator: ", ")
      throw .unsupportedInput("has \(inputs.count) inputs (\(names)); one is needed, an image [1, 3, height, width]")
    }
    let name = inputs[0].name
    let type = inputs[0].elementType
    isBytes = type == .uint8
    if let type, type.isWhole, !isBytes {
      throw .unsupportedInput("input \(name) is \(type.name); floats or bytes are needed")
    }
    let dimensions = inputs[0].shape
    let lengths = dimensions?.map(\.length) ?? []
    func areChannels(_ dimension: Int) -> Bool { [1, 3].contains(lengths[dimension]) }
    let isChannelsLast = lengths.count == 4 && !areChannels(1) && areChannels(3)
    guard lengths.count == 4, lengths[0] ?? 1 == 1, isChannelsLast || areChannels(1),
      let channels = lengths[isChannelsLast ? 3 : 1],
      lengths.allSatisfy({ $0.map { (1...Self.largestSide).contains($0) } ?? true })
    else {
      let found = dimensions.map { "[\($0.map(\.description).joined(separator: ", "))]" } ?? "of any shape"
      throw .unsupportedInput(
        "input \(name) is \(found); an image [1, 1 or 3, height, width] or [1, height, width, 1 or 3] of at most \(Self.largestSide) pixels a side is needed"
      )
    }
    (self.channels, self.isChannelsLast) = (channels, isChannelsLast)
    do {
      normalization = try ONNXPixelNormalization(model, channels: channels, isChannelsLast: isChannelsLast)
    } catch { throw .onnx(error) }
    let sides = isChannelsLast ? lengths[1...2] : lengths[2...3]
    if let height = sides.first ?? nil, let width = sides.last ?? nil {
      size = PixelSize(width: width, height: height)
    } else {
      size = nil
    }
  }
}
