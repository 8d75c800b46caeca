import Explain

/// Explains one picture after the other.
struct ExplainRun {
  let session: Session
  let preprocessing: Preprocessing
  /// How pictures are read for the method's own resolution; nil where that is the usual one.
  let detail: Preprocessing?
  let method: any ExplanationMethod
  let selection: ClassSelection
  let decoding: DecodingOptions
  let assessesTrust: Bool
  private let clock = ContinuousClock()

  init(
    session: Session, preprocessing: Preprocessing, detail: Preprocessing?, method: any ExplanationMethod,
    selection: ClassSelection, decoding: DecodingOptions, assessesTrust: Bool
  ) {
    (self.session, self.preprocessing, self.detail) = (session, preprocessing, detail)
    (self.method, self.selection) = (method, selection)
    self.decoding = decoding
    self.assessesTrust = assessesTrust
  }

  func prepare(_ encoded: EncodedPicture) throws -> PreparedPicture {
    try PreparedPicture(
      encoded, preprocessing, details: [detail].compactMap(\.self), decoding, isDrawn: true)
  }

  func explain(_ picture: PreparedPicture) throws -> ExplainedPicture {
    do {
      let explanation = try method.explain(picture.methodInput, classes: selection.classes)
      let predictions = Predictions(explanation.logits, session)
      let start = clock.now
      let trusts = assessesTrust ? try assess(explanation, picture, predictions) : nil
      return ExplainedPicture(
        picture: picture, predictions: predictions, maps: explanation.maps, trusts: trusts,
        forward: explanation.forward, head: explanation.head + start.duration(to: clock.now))
    } catch {
      throw Failure(error, reading: picture.origin.description)
    }
  }

  /// Looks at the image through each of its maps.
  private func assess(
    _ explanation: Explanation, _ picture: PreparedPicture, _ predictions: Predictions
  ) throws -> [Trust] {
    try explanation.maps.enumerated().map { index, map in
      try session.trust(
        map, probability: predictions.probabilities[map.classIndex], crop: picture.crop, shown: picture.shown,
        cam: explanation.cam?[index])
    }
  }
}

/// What is known about a picture before anything is drawn.
struct ExplainedPicture {
  let picture: PreparedPicture
  let predictions: Predictions
  let maps: [ClassMap]
  /// As many as maps; nil where trust was not asked for.
  let trusts: [Trust]?
  /// Time of the network, and of the maps and their trust.
  let forward, head: Duration
}
