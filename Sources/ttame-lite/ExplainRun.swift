import Explain

/// Explains pictures, several at once.
struct ExplainRun {
  let workers: Workers<Explainer>
  let preprocessing: Preprocessing
  /// How pictures are read for the method's own resolution; nil where that is the usual one.
  let detail: Preprocessing?
  let selection: ClassSelection
  let decoding: DecodingOptions
  let assessesTrust: Bool
  /// Tells images of none of the classes; nil where nothing does.
  let rejection: Rejection.Rule?
  /// Draws pictures where they are computed; nil where that is left to who delivers them.
  let drawing: ExplanationDrawing?

  func prepare(_ encoded: EncodedPicture) throws -> PreparedPicture {
    try PreparedPicture(
      encoded, preprocessing, details: [detail].compactMap(\.self), decoding, isDrawn: true)
  }

  func explain(_ picture: PreparedPicture) throws -> ExplainedPicture {
    var explained: ExplainedPicture
    do { explained = try workers.compute { try explain(picture, $0) } } catch {
      throw Failure(error, reading: picture.origin.description)
    }
    explained.drawn = try drawing?.drawAhead(explained)
    return explained
  }

  private func explain(_ picture: PreparedPicture, _ explainer: Explainer) throws -> ExplainedPicture {
    let explanation = try explainer.method.explain(picture.methodInput, classes: selection.classes)
    let predictions = Predictions(explanation.logits, explainer.session, rejection)
    let clock = ContinuousClock()
    let start = clock.now
    let trusts = assessesTrust ? try assess(explanation, picture, predictions, explainer.session) : nil
    return ExplainedPicture(
      picture: picture, predictions: predictions, maps: explanation.maps, trusts: trusts, forward: explanation.forward,
      head: explanation.head + start.duration(to: clock.now))
  }

  /// Looks at the image through each of its maps.
  private func assess(
    _ explanation: Explanation, _ picture: PreparedPicture, _ predictions: Predictions, _ session: Session
  ) throws -> [Trust] {
    try explanation.maps.enumerated().map { index, map in
      try session.trust(
        map, probability: predictions.probabilities[map.classIndex], crop: picture.crop, shown: picture.shown,
        cam: explanation.cam?[index])
    }
  }
}

/// What is known about a picture.
struct ExplainedPicture {
  let picture: PreparedPicture
  let predictions: Predictions
  let maps: [ClassMap]
  /// As many as maps; nil where trust was not asked for.
  let trusts: [Trust]?
  /// Time of the network, and of the maps and their trust.
  let forward, head: Duration
  /// Nil until it has been drawn.
  var drawn: DrawnExplanation?
}
