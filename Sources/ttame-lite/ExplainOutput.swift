import Explain

/// Puts the explanations of one picture after the other where the user wants them.
struct ExplainOutput {
  /// Predictions in the JSON of an image, unless more are explained.
  private static let reported = 5

  let name: MethodChoice
  let selection: ClassSelection
  /// Draws what has not been drawn where it was computed.
  let drawing: ExplanationDrawing
  /// Nil where no pictures are wanted.
  var pictures: OutputPlan?
  var raw: RawOutput?
  let json: JSONLines?
  /// Tells people at once.
  let say: (String) -> Void
  /// Files that took the places of other inputs' ones.
  private var replaced = 0

  init(
    name: MethodChoice, selection: ClassSelection, drawing: ExplanationDrawing, pictures: OutputPlan?,
    raw: RawOutput?, json: JSONLines?, say: @escaping (String) -> Void
  ) {
    (self.name, self.selection, self.drawing) = (name, selection, drawing)
    (self.pictures, self.raw, self.json, self.say) = (pictures, raw, json, say)
  }

  /// Writes all that was asked for about a picture.
  ///
  /// - Returns: a line for people.
  mutating func write(_ answer: ExplainedPicture) throws -> String {
    let clock = ContinuousClock()
    let (picture, predictions) = (answer.picture, answer.predictions)
    let start = clock.now
    let explained = answer.drawn?.explained ?? drawing.explain(answer)
    let saliencyDone = clock.now
    let numbers = explained.map { ($0.map, $0.saliency) }
    if let replaced = try raw?.write(picture.origin, predictions, numbers) { sayReplaced(replaced) }
    var outputs: [OutputPlan.Target?] = []
    if let drawn = answer.drawn {
      if let bytes = drawn.picture { outputs.append(try write(bytes, picture.origin, label: nil)) }
    } else {
      let (drawing, areSeveral) = (drawing, explained.count > 1 && drawing.look.style != .panel)
      try drawing.forEachPicture(of: explained, answer) { index, bytes in
        let label = areSeveral ? predictions.names.name(explained[index].map.classIndex) : nil
        outputs.append(try write(bytes, picture.origin, label: label))
      }
    }
    let times = ImageReport.Milliseconds(
      decode: picture.decode.milliseconds, forward: answer.forward.milliseconds,
      explain: (answer.head + (answer.drawn?.saliency ?? start.duration(to: saliencyDone))).milliseconds,
      encode: ((answer.drawn?.drawing ?? .zero) + saliencyDone.duration(to: clock.now)).milliseconds)
    // One picture may show all classes.
    let targets = explained.indices.map { outputs.isEmpty ? nil : outputs[min($0, outputs.count - 1)] }
    try json?.write(
      predictions.report(
        picture, method: name,
        PredictionChoice(top: selection.predictions(atLeast: max(Self.reported, explained.count))),
        explanations: zip(explained, targets).map { report($0, $1, predictions.names) },
        threshold: selection.threshold, times))
    return summary(picture, predictions, explained, targets)
  }

  private mutating func write(
    _ picture: [UInt8], _ origin: PictureOrigin, label: String?
  ) throws -> OutputPlan.Target? {
    guard let target = try pictures?.target(for: origin, label: label) else { return nil }
    guard case .file(let path) = target else {
      try writeOutput(picture)
      return target
    }
    let written = try pictures?.write(to: path, of: origin) { path, isNew in
      try OutputFile.write(picture, to: path, isNew: isNew)
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

  private func report(
    _ explained: ExplainedClass, _ output: OutputPlan.Target?, _ names: ClassNames
  ) -> ImageReport.Explanation {
    let (map, normalized, statistics) = (explained.map, explained.normalized, explained.statistics)
    return ImageReport.Explanation(
      class: map.classIndex, label: names.label(map.classIndex),
      map: .init(width: map.width, height: map.height, min: normalized.minimum, max: normalized.maximum),
      area: statistics.area, peak: .init(x: statistics.x, y: statistics.y), flat: normalized.isFlat,
      trust: explained.trust.map(TrustReport.init), output: output.map { $0.description.pathForJSON },
      outputBytes: output?.description.base64ForJSON)
  }

  /// `photo.jpg: golden retriever 93.2 % -> photo-explained.png`
  private func summary(
    _ picture: PreparedPicture, _ predictions: Predictions, _ explained: [ExplainedClass],
    _ outputs: [OutputPlan.Target?]
  ) -> String {
    if explained.isEmpty {
      let best = predictions.best(PredictionChoice(top: 1)).map(predictions.summary).joined()
      return "\(picture.title): \(predictions.noneReaches(selection.threshold)); the most probable is \(best)"
    }
    var parts: [String] = []
    for (i, item) in explained.enumerated() {
      var part = predictions.summary(of: item.map.classIndex)
      if item.normalized.isFlat { part += " (flat map: it explains nothing)" }
      let isLastOfOutput = i + 1 == explained.count || outputs[i + 1]?.description != outputs[i]?.description
      if case .file(let path)? = outputs[i], isLastOfOutput { part += " -> \(path.shownPath)" }
      parts.append(part)
    }
    let sentences = explained.compactMap { item in
      item.trust.map { "\n  \(predictions.names.name(item.map.classIndex)): \($0.sentence)" }
    }
    let unknown = predictions.isKnown ? "" : "\(Predictions.unknown); nearest: "
    return picture.title + ": " + unknown + parts.joined(separator: ", ") + sentences.joined()
  }
}
