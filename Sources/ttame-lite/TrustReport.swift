import Explain

/// What is said about the trust in one map in JSON.
struct TrustReport: Encodable {
  /// 0...1.
  let score: Double
  /// Of the class, through the map.
  let maskedProbability: Float
  /// What is lost of the probability, in percent.
  let drop: Double
  let survives: Bool
  /// Of what the network saw of the picture: the share with a saliency of 0.5 or more.
  let area: Double
  /// Correlation with the map of Class Activation Mapping.
  let agreement: Double?
  let sentence: String

  init(_ trust: Trust) {
    (score, maskedProbability, drop) = (trust.score, trust.maskedProbability, trust.drop)
    (survives, area, agreement, sentence) = (trust.survives, trust.area, trust.agreement, trust.sentence)
  }
}

extension Trust {
  /// What the one more look has shown, in words.
  var sentence: String {
    if isFlat { return "the map is constant and explains nothing" }
    let (before, after) = (probability.fixed(2), maskedProbability.fixed(2))
    let effect =
      if maskedProbability >= probability { "raises the probability from \(before) to \(after)" } else if survives {
        "keeps the probability at \(after) of \(before)"
      } else { "leaves a probability of \(after) of \(before), and another class is more probable" }
    return "the map's hotter half alone \(effect); \(percent(area)) of what the network saw is highlighted; "
      + "trust \(score.fixed(2))"
  }
}
