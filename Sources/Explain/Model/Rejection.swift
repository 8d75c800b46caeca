import Glibc

/// How a taught classifier tells what it knows from what it has never seen: by a score of the logits, and how that score was
/// distributed over photographs of its classes that it was not taught with.
public struct Rejection: Codable, Sendable, Equatable {
  /// What the score is made of.
  public enum Score: String, Codable, Sendable, CaseIterable {
    /// `log Σ e^logit`: W. Liu et al., "Energy-based Out-of-distribution Detection", NeurIPS 2020.
    case energy
    /// The largest logit: D. Hendrycks et al., "Scaling Out-of-Distribution Detection for Real-World Settings", ICML 2022.
    case maxLogit = "max-logit"
  }

  public var score: Score
  /// Scores of known photographs, ascending, evenly spread over all that were measured, the least and the greatest among them.
  public var knownScores: [Float]
  /// Known photographs that were measured.
  public var images: Int
  /// The share of known photographs that may be refused where nobody says otherwise.
  public var falseRejects: Double

  /// Most scores that are kept.
  static let mostScores = 1001
  /// More photographs are a damaged file.
  private static let mostImages = 1 << 32

  /// - Parameter scores: of known photographs; at least one.
  public init(_ score: Score, scores: [Float], falseRejects: Double) {
    precondition(!scores.isEmpty)
    let sorted = scores.sorted()
    let count = min(sorted.count, Self.mostScores)
    (self.score, images, self.falseRejects) = (score, scores.count, falseRejects)
    knownScores =
      count == sorted.count ? sorted : (0..<count).map { sorted[$0 * (sorted.count - 1) / (count - 1)] }
  }

  /// What refuses a share of known photographs.
  ///
  /// With n photographs, a new one of a known class has the k-th least score or a lower one with the probability k / (n + 1). Where
  /// n is too small for the share, the least score of all is taken.
  ///
  /// - Parameter share: 0 to 1; nil is `falseRejects`.
  public func rule(refusing share: Double? = nil) -> Rule {
    let rank = min(max(Int((share ?? falseRejects) * Double(images + 1)), 1), images)
    let place = (rank - 1) * (knownScores.count - 1) / max(1, images - 1)
    return Rule(score: score, threshold: knownScores[place], falseRejects: Double(rank) / Double(images + 1))
  }

  /// Tells known images from others.
  public struct Rule: Sendable, Equatable {
    public let score: Score
    /// The least score of an image that is known.
    public let threshold: Float
    /// The share of known images that are expected to be refused.
    public let falseRejects: Double
  }

  /// What is wrong with it; nil where nothing is.
  var problem: String? {
    guard (0...1).contains(falseRejects) else { return "falseRejects is not 0 to 1" }
    guard !knownScores.isEmpty, (knownScores.count...Self.mostImages).contains(images) else {
      return "\(knownScores.count) scores of \(images) images"
    }
    let isSorted = zip(knownScores, knownScores.dropFirst()).allSatisfy { $0 <= $1 }
    return isSorted && knownScores.allSatisfy(\.isFinite) ? nil : "scores are not finite and ascending"
  }
}

extension Rejection.Score {
  /// Of the logits of one image.
  public func value(_ logits: [Float]) -> Float {
    let largest = logits.max() ?? 0
    switch self {
    case .maxLogit: return largest
    case .energy: return largest + Float(log(logits.reduce(0.0) { $0 + exp(Double($1 - largest)) }))
    }
  }
}
