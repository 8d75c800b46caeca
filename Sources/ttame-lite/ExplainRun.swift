import Explain

/// Explains one picture after the other, and puts the results where the user wants them.
struct ExplainRun {
  /// Predictions in the JSON of an image, unless more are explained.
  private static let reported = 5

  let session: Session
  let name: MethodName
  let method: any ExplanationMethod
  let selection: ClassSelection
  let look: LookOptions
  let assessesTrust: Bool
  /// Nil where no pictures are wanted.
  var pictures: OutputPlan?
  var raw: RawOutput?
  let json: JSONLines?

  /// One class's map on its way to a picture.
  private struct Explained {
    let map: ClassMap
    let normalized: NormalizedMap
    let saliency: SaliencyMap
    var trust: Trust?
    var output: OutputPlan.Target?
  }

  /// Explains a picture.
  ///
  /// - Returns: a line for people.
  mutating func answer(_ encoded: EncodedPicture) throws -> String {
    let clock = ContinuousClock()
    let picture = try PreparedPicture(encoded, session.model.description.preprocessing)
    let explanation: Explanation
    let input = MethodInput(crop: picture.crop, values: picture.input)
    do { explanation = try method.explain(input, classes: selection.classes) } catch {
      throw Failure(error, reading: picture.origin.description)
    }
    let predictions = Predictions(explanation.logits, session)
    let mapsDone = clock.now
    var explained = explanation.maps.map { explain($0, picture) }
    if assessesTrust { try assess(&explained, explanation, picture, predictions) }
    let saliencyDone = clock.now
    try raw?.write(picture.origin, predictions, explained.map { ($0.map, $0.saliency) })
    try draw(&explained, picture, predictions)
    let encode = saliencyDone.duration(to: clock.now)
    let times = ImageReport.Milliseconds(
      decode: picture.decode.milliseconds, forward: explanation.forward.milliseconds,
      explain: (explanation.head + mapsDone.duration(to: saliencyDone)).milliseconds, encode: encode.milliseconds)
    try json?.write(
      predictions.report(
        picture, method: name, top: selection.predictions(atLeast: Self.reported),
        explanations: explained.map { report($0, predictions.names) }, times))
    return summary(picture.origin, predictions, explained)
  }

  private func explain(_ map: ClassMap, _ picture: PreparedPicture) -> Explained {
    let normalized = map.normalized()
    let saliency =
      switch look.size {
      case .crop: SaliencyMap(normalized, crop: picture.crop.width)
      case .image:
        SaliencyMap(
          normalized, crop: picture.crop.width, region: picture.region, width: picture.image.width,
          height: picture.image.height)
      }
    return Explained(map: map, normalized: normalized, saliency: saliency)
  }

  /// Looks at the image through each of its maps.
  private func assess(
    _ explained: inout [Explained], _ explanation: Explanation, _ picture: PreparedPicture, _ predictions: Predictions
  ) throws {
    for i in explained.indices {
      let map = explained[i].map
      do {
        explained[i].trust = try session.trust(
          map, probability: predictions.probabilities[map.classIndex], crop: picture.crop, cam: explanation.cam?[i])
      } catch { throw Failure(error, reading: picture.origin.description) }
    }
  }

  /// Draws and writes the pictures of one input.
  private mutating func draw(
    _ explained: inout [Explained], _ picture: PreparedPicture, _ predictions: Predictions
  ) throws {
    guard pictures != nil else { return }
    let photo = look.size == .crop ? picture.crop : picture.image
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
    do { bytes = try picture.encodedPNG() } catch { throw Failure(.software, "\(error)", subject: origin.description) }
    switch target {
    case .standardOutput:
      try bytes.withUnsafeBytes { try writeAll($0, to: 1, subject: "standard output") }
    case .file(let path): try OutputFile.write(bytes, to: path)
    }
    return target
  }

  private func report(_ explained: Explained, _ names: ClassNames) -> ImageReport.Explanation {
    let (map, normalized, peak) = (explained.map, explained.normalized, explained.saliency.peak)
    return ImageReport.Explanation(
      class: map.classIndex, label: names.label(map.classIndex),
      map: .init(width: map.width, height: map.height, min: normalized.minimum, max: normalized.maximum),
      area: explained.saliency.area, peak: .init(x: peak.x, y: peak.y), flat: normalized.isFlat,
      trust: explained.trust.map(TrustReport.init), output: explained.output?.description)
  }

  /// `photo.jpg: golden retriever 93.2 % -> photo-explained.png`
  private func summary(_ origin: PictureOrigin, _ predictions: Predictions, _ explained: [Explained]) -> String {
    var parts: [String] = []
    for (i, item) in explained.enumerated() {
      var part = predictions.summary(of: item.map.classIndex)
      if item.normalized.isFlat { part += " (flat map: it explains nothing)" }
      let isLastOfOutput = i + 1 == explained.count || explained[i + 1].output?.description != item.output?.description
      if case .file(let path)? = item.output, isLastOfOutput { part += " -> \(path)" }
      parts.append(part)
    }
    let sentences = explained.compactMap { item in
      item.trust.map { "\n  \(predictions.names.name(item.map.classIndex)): \($0.sentence)" }
    }
    return origin.description + ": " + parts.joined(separator: ", ") + sentences.joined()
  }
}

extension PictureOrigin {
  /// The caption of the photograph in a panel.
  fileprivate var title: String {
    switch self {
    case .file(let path): fileName(path)
    case .standardInput: "input"
    }
  }
}
