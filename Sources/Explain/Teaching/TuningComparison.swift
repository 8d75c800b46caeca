/// What held-out photographs say of a network that was trained further, beside what they say of the frozen one.
struct TuningComparison {
  /// Photographs that both were asked about.
  let images: Int
  let frozen, tuned: FineTuning.Answers
  /// What the logits of the trained network are divided by.
  let temperature: Double
  /// The photographs with the calibrated logits of the trained network.
  let validation: [ValidatedPhotograph]

  /// Whether the trained network loses less and errs no more often.
  var isBetter: Bool {
    guard let after = tuned.loss, let before = frozen.loss else { return false }
    return after < before && tuned.right >= frozen.right
  }

  /// - Parameters:
  ///   - taught: the classifier of the frozen network.
  ///   - tuned: logits of the trained network by the photographs' places, ascending; not calibrated.
  init(_ taught: TaughtClassifier, tuned: [(index: Int, logits: [Float])]) {
    let known = Dictionary(taught.validation.map { ($0.index, $0) }, uniquingKeysWith: { first, _ in first })
    let measured = tuned.compactMap { tuned in known[tuned.index].map { (logits: tuned.logits, photograph: $0) } }
    let scaling = Temperature(taught.outputs)
    let before = measured.map { Temperature.Answer(logits: $0.photograph.logits, labels: $0.photograph.labels) }
    let after = measured.map { Temperature.Answer(logits: $0.logits, labels: $0.photograph.labels) }
    let temperature = scaling.fit(after)
    let validation = measured.map { logits, photograph in
      var photograph = photograph
      photograph.logits = logits.map { $0 / Float(temperature) }
      return photograph
    }
    func answers(
      _ answers: [Temperature.Answer], _ temperature: Double, _ photographs: [ValidatedPhotograph]
    ) -> FineTuning.Answers {
      let loss = scaling.losses(answers, temperature: temperature).reduce(0, +) / Double(max(1, answers.count))
      return FineTuning.Answers(
        loss: loss.isFinite ? loss : nil, right: photographs.count { $0.answer(taught.outputs) == $0.labels })
    }
    images = measured.count
    frozen = answers(before, scaling.fit(before), measured.map(\.photograph))
    self.tuned = answers(after, temperature, validation)
    (self.temperature, self.validation) = (temperature, validation)
  }
}
