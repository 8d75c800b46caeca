import Explain

/// Puts the explanations of one picture after the other where the user wants them.
struct ExplainOutput {
  /// Predictions in the JSON of an image, unless more are explained.
  private static let reported = 5

  let name: MethodName
  let selection: ClassSelection
  let look: LookOptions
  let format: PictureFormat
  /// Nil where no pictures are wanted.
  var pictures: OutputPlan?
  var raw: RawOutput?
  let json: JSONLines?
  /// Tells people at once.
  let say: (String) -> Void
  /// Pictures that took the places of other inputs' ones.
  private var replaced = 0

  init(
    name: MethodName, selection: ClassSelection, look: LookOptions, format: PictureFormat, pictures: OutputPlan?,
    raw: RawOutput?, json: JSONLines?, say: @escaping (String) -> Void
  ) {
    (self.name, self.selection, self.look, self.format) = (name, selection, look, format)
    (self.pictures, self.raw, self.json, self.say) = (pictures, raw, json, say)
  }

  /// One class's map on its way to a picture.
  private struct Explained {
    let map: ClassMap
    let normalized: NormalizedMap
    let saliency: SaliencyMap
    let trust: Trust?
    var output: OutputPlan.Target?
  }

  /// Writes all that was asked for about a picture.
  ///
  /// - Returns: a line for people.
  mutating func write(_ answer: ExplainedPicture) throws -> String {
    let clock = ContinuousClock()
    let (picture, predictions) = (answer.picture, answer.predictions)
    let start = clock.now
    var explained = answer.maps.indices.map { explain(answer.maps[$0], picture, answer.trusts?[$0]) }
    let saliencyDone = clock.now
    try raw?.write(picture.origin, predictions, explained.map { ($0.map, $0.saliency) })
    try draw(&explained, picture, predictions)
    let times = ImageReport.Milliseconds(
      decode: picture.decode.milliseconds, forward: answer.forward.milliseconds,
      explain: (answer.head + start.duration(to: saliencyDone)).milliseconds,
      encode: saliencyDone.duration(to: clock.now).milliseconds)
    try json?.write(
      predictions.report(
        picture, method: name, top: selection.predictions(atLeast: Self.reported),
        explanations: explained.map { report($0, predictions.names) }, times))
    return summary(picture, predictions, explained)
  }

  private func explain(_ map: ClassMap, _ picture: PreparedPicture, _ trust: Trust?) -> Explained {
    let normalized = map.normalized()
    let saliency =
      switch look.size {
      case .crop: SaliencyMap(normalized, crop: picture.crop.width)
      case .image:
        SaliencyMap(
          normalized, crop: picture.crop.width, region: picture.region, width: picture.width,
          height: picture.height)
      }
    return Explained(map: map, normalized: normalized, saliency: saliency, trust: trust)
  }

  /// Draws and writes the pictures of one input.
  private mutating func draw(
    _ explained: inout [Explained], _ picture: PreparedPicture, _ predictions: Predictions
  ) throws {
    guard pictures != nil else { return }
    guard let photo = look.size == .crop ? picture.crop : picture.image else { return }
    let renderer = look.renderer
    if look.style == .panel {
      let target = try write(panel(explained, photo, picture, predictions), picture.origin, label: nil)
      for i in explained.indices { explained[i].output = target }
      return
    }
    for i in explained.indices {
      let saliency = explained[i].saliency
      let drawn: Picture =
        switch look.style {
        case .heatmap: .color(renderer.heatmap(saliency))
        case .mask: renderer.mask(saliency)
        case .masked: .color(renderer.masked(photo, saliency))
        case .overlay, .panel: .color(renderer.overlay(photo, saliency))
        }
      let label = explained.count > 1 ? predictions.names.name(explained[i].map.classIndex) : nil
      explained[i].output = try write(drawn, picture.origin, label: label)
    }
  }

  private func panel(
    _ explained: [Explained], _ photo: Image, _ picture: PreparedPicture, _ predictions: Predictions
  ) -> Picture {
    let overlays = explained.map { item in
      Panel.Tile(
        look.renderer.overlay(photo, item.saliency), caption: predictions.names.name(item.map.classIndex),
        remark: percent(predictions.probabilities[item.map.classIndex])
          + (item.trust.map { ", trust \(percent($0.score))" } ?? ""))
    }
    return .color(Panel([Panel.Tile(photo, caption: picture.origin.title)] + overlays).image())
  }

  private mutating func write(
    _ picture: Picture, _ origin: PictureOrigin, label: String?
  ) throws -> OutputPlan.Target? {
    guard let target = try pictures?.target(for: origin, label: label) else { return nil }
    let bytes: [UInt8]
    let mark = target.isFile ? PictureMark(origin) : .ofNoInput
    do { bytes = try picture.encoded(as: format, mark: mark) } catch {
      // What a JPEG cannot hold is too long a side; a PNG always can.
      let isTooLarge = format == .jpeg
      throw Failure(
        isTooLarge ? .cannotCreate : .software, "\(error)" + (isTooLarge ? "; a PNG can be larger" : ""),
        subject: target.isFile ? target.description : origin.description)
    }
    switch target {
    case .standardOutput:
      try writeOutput(bytes)
    case .file(let path):
      if pictures?.replacesAnother(path, origin) == true { sayReplaced(path) }
      try OutputFile.write(bytes, to: path)
    }
    return target
  }

  /// The first time by name; `end()` counts them.
  private mutating func sayReplaced(_ path: String) {
    replaced += 1
    if replaced > 1 { return }
    say(
      "ttame-lite: \(path.shownPath): replaces the picture of another input of an earlier run; --tree keeps folders apart"
    )
  }

  /// Says what there is to say about all pictures.
  func end() {
    if replaced > 1 { say("ttame-lite: \(replaced) pictures of other inputs of earlier runs were replaced") }
  }

  private func report(_ explained: Explained, _ names: ClassNames) -> ImageReport.Explanation {
    let (map, normalized, peak) = (explained.map, explained.normalized, explained.saliency.peak)
    return ImageReport.Explanation(
      class: map.classIndex, label: names.label(map.classIndex),
      map: .init(width: map.width, height: map.height, min: normalized.minimum, max: normalized.maximum),
      area: explained.saliency.area, peak: .init(x: peak.x, y: peak.y), flat: normalized.isFlat,
      trust: explained.trust.map(TrustReport.init), output: explained.output.map { $0.description.pathForJSON },
      outputBytes: explained.output?.description.base64ForJSON)
  }

  /// `photo.jpg: golden retriever 93.2 % -> photo-explained.png`
  private func summary(_ picture: PreparedPicture, _ predictions: Predictions, _ explained: [Explained]) -> String {
    var parts: [String] = []
    for (i, item) in explained.enumerated() {
      var part = predictions.summary(of: item.map.classIndex)
      if item.normalized.isFlat { part += " (flat map: it explains nothing)" }
      let isLastOfOutput = i + 1 == explained.count || explained[i + 1].output?.description != item.output?.description
      if case .file(let path)? = item.output, isLastOfOutput { part += " -> \(path.shownPath)" }
      parts.append(part)
    }
    let sentences = explained.compactMap { item in
      item.trust.map { "\n  \(predictions.names.name(item.map.classIndex)): \($0.sentence)" }
    }
    return picture.title + ": " + parts.joined(separator: ", ") + sentences.joined()
  }
}

extension PictureOrigin {
  /// The caption of the photograph in a panel.
  fileprivate var title: String {
    switch self {
    case .file(let path): fileName(path).shownPath
    case .standardInput: "input"
    }
  }
}
