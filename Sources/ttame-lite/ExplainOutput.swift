import Explain

/// Puts the explanations of one picture after the other where the user wants them.
struct ExplainOutput {
  /// Predictions in the JSON of an image, unless more are explained.
  private static let reported = 5

  let name: MethodChoice
  let selection: ClassSelection
  let look: LookOptions
  let format: PictureFormat
  /// Nil where no pictures are wanted.
  var pictures: OutputPlan?
  var raw: RawOutput?
  let json: JSONLines?
  /// Tells people at once.
  let say: (String) -> Void
  /// Files that took the places of other inputs' ones.
  private var replaced = 0

  init(
    name: MethodChoice, selection: ClassSelection, look: LookOptions, format: PictureFormat, pictures: OutputPlan?,
    raw: RawOutput?, json: JSONLines?, say: @escaping (String) -> Void
  ) {
    (self.name, self.selection, self.look, self.format) = (name, selection, look, format)
    (self.pictures, self.raw, self.json, self.say) = (pictures, raw, json, say)
  }

  /// One class's map on its way to a picture.
  private struct Explained {
    let map: ClassMap
    let normalized: NormalizedMap
    /// What is drawn: over the picture, or over the crop.
    let saliency: SaliencyLayer
    /// In the picture.
    let statistics: SaliencyStatistics
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
    let numbers = explained.map { ($0.map, $0.saliency) }
    if let replaced = try raw?.write(picture.origin, predictions, numbers) { sayReplaced(replaced) }
    try draw(&explained, picture, predictions)
    let times = ImageReport.Milliseconds(
      decode: picture.decode.milliseconds, forward: answer.forward.milliseconds,
      explain: (answer.head + start.duration(to: saliencyDone)).milliseconds,
      encode: saliencyDone.duration(to: clock.now).milliseconds)
    try json?.write(
      predictions.report(
        picture, method: name,
        PredictionChoice(top: selection.predictions(atLeast: max(Self.reported, explained.count))),
        explanations: explained.map { report($0, predictions.names) }, threshold: selection.threshold, times))
    return summary(picture, predictions, explained)
  }

  private func explain(_ map: ClassMap, _ picture: PreparedPicture, _ trust: Trust?) -> Explained {
    let normalized = map.normalized()
    let crop = PixelSize(picture.crop)
    let whole = SaliencyLayer(
      normalized, crop: crop, region: picture.region, width: picture.width, height: picture.height)
    let drawn = look.size == .image ? whole : SaliencyLayer(normalized, crop: crop, shown: picture.shown)
    return Explained(map: map, normalized: normalized, saliency: drawn, statistics: whole.statistics, trust: trust)
  }

  /// Draws and writes the pictures of one input.
  private mutating func draw(
    _ explained: inout [Explained], _ picture: PreparedPicture, _ predictions: Predictions
  ) throws {
    guard pictures != nil, !explained.isEmpty else { return }
    var photo: Image? = look.size == .crop ? picture.crop : picture.takeImage()
    if look.style == .panel {
      let panel = panel(explained, &photo, picture, predictions)
      let target = try write(.color(panel), picture.origin, label: nil)
      for i in explained.indices { explained[i].output = target }
      return
    }
    if look.style == .heatmap || look.style == .mask { photo = nil }
    for i in explained.indices {
      let drawn = draw(explained[i].saliency, on: photo.hand(isLast: i + 1 == explained.count))
      let label = explained.count > 1 ? predictions.names.name(explained[i].map.classIndex) : nil
      explained[i].output = try write(drawn, picture.origin, label: label)
    }
  }

  private func draw(_ saliency: SaliencyLayer, on photo: consuming Image?) -> Picture {
    let renderer = look.renderer
    guard let ground = photo.take() else {
      return look.style == .mask ? renderer.mask(saliency) : .color(renderer.heatmap(saliency))
    }
    return .color(look.style == .masked ? renderer.masked(ground, saliency) : overlay(ground, saliency))
  }

  /// The photograph with heat, and a frame around what the network saw of it.
  private func overlay(_ photo: consuming Image, _ saliency: SaliencyLayer) -> Image {
    var overlay = look.renderer.overlay(photo, saliency)
    if look.size == .image { overlay.frame(saliency.seen) }
    return overlay
  }

  private func panel(
    _ explained: [Explained], _ photo: inout Image?, _ picture: PreparedPicture, _ predictions: Predictions
  ) -> Image {
    var tiles = [Panel.Tile(Panel.reduced(photo ?? picture.crop), caption: picture.origin.title)]
    for (i, item) in explained.enumerated() {
      let ground = photo.hand(isLast: i + 1 == explained.count) ?? picture.crop
      tiles.append(
        Panel.Tile(
          Panel.reduced(overlay(ground, item.saliency)), caption: predictions.names.name(item.map.classIndex),
          remark: percent(predictions.probabilities[item.map.classIndex])
            + (item.trust.map { ", trust \(percent($0.score))" } ?? "")))
    }
    return Panel(tiles).image()
  }

  private mutating func write(
    _ picture: Picture, _ origin: PictureOrigin, label: String?
  ) throws -> OutputPlan.Target? {
    guard let target = try pictures?.target(for: origin, label: label) else { return nil }
    let bytes: [UInt8]
    let mark = target.isFile ? PictureMark(origin) : .ofNoInput
    do { bytes = try picture.encoded(as: format, mark: mark) } catch {
      let subject = target.isFile ? target.description : origin.description
      if case .outOfMemory = error { throw Failure(.system, "\(error)", subject: subject) }
      // What a JPEG cannot hold is too long a side; a PNG always can.
      if format == .jpeg { throw Failure(.cannotCreate, "\(error); a PNG can be larger", subject: subject) }
      throw Failure(.software, "\(error)", subject: subject)
    }
    guard case .file(let path) = target else {
      try writeOutput(bytes)
      return target
    }
    let written = try pictures?.write(to: path, of: origin) { path, isNew in
      try OutputFile.write(bytes, to: path, isNew: isNew)
    }
    if let written, written.replacesAnother { sayReplaced(written.path) }
    return (written?.path).map(OutputPlan.Target.file)
  }

  /// The first time by name; `end()` counts them.
  private mutating func sayReplaced(_ path: String) {
    replaced += 1
    if replaced > 1 { return }
    say(
      "ttame-lite: \(path.shownPath): replaced; it belonged to another input of that name (--tree keeps folders apart)")
  }

  /// Says what there is to say about all pictures.
  func end() {
    if replaced > 1 { say("ttame-lite: \(replaced) files of other inputs were replaced") }
  }

  private func report(_ explained: Explained, _ names: ClassNames) -> ImageReport.Explanation {
    let (map, normalized, statistics) = (explained.map, explained.normalized, explained.statistics)
    return ImageReport.Explanation(
      class: map.classIndex, label: names.label(map.classIndex),
      map: .init(width: map.width, height: map.height, min: normalized.minimum, max: normalized.maximum),
      area: statistics.area, peak: .init(x: statistics.x, y: statistics.y), flat: normalized.isFlat,
      trust: explained.trust.map(TrustReport.init), output: explained.output.map { $0.description.pathForJSON },
      outputBytes: explained.output?.description.base64ForJSON)
  }

  /// `photo.jpg: golden retriever 93.2 % -> photo-explained.png`
  private func summary(_ picture: PreparedPicture, _ predictions: Predictions, _ explained: [Explained]) -> String {
    if explained.isEmpty {
      let best = predictions.best(PredictionChoice(top: 1)).map(predictions.summary).joined()
      return "\(picture.title): \(predictions.noneReaches(selection.threshold)); the most probable is \(best)"
    }
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

extension Image? {
  /// The picture, or where it is not needed again the only copy of it, which may be drawn on in place.
  fileprivate mutating func hand(isLast: Bool) -> Image? { isLast ? take() : self }
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
