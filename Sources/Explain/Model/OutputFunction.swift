import Glibc

/// What makes probabilities of a classifier's logits.
public enum OutputFunction: String, Sendable, Codable, CaseIterable {
  /// The classes exclude each other: their probabilities add up to 1.
  case softmax
  /// The classes are independent of each other: each has a probability of its own (multi-label).
  case sigmoid
}

extension OutputFunction {
  /// Probabilities of logits.
  public func probabilities(_ logits: [Float]) -> [Float] {
    switch self {
    case .sigmoid: return logits.map(logistic)
    case .softmax:
      let largest = logits.max() ?? 0
      let powers = logits.map { exp(Double($0 - largest)) }
      let sum = powers.reduce(0, +)
      return powers.map { Float($0 / sum) }
    }
  }
}

/// `1 / (1 + e^-x)`
@inline(__always) func logistic(_ x: Float) -> Float {
  Float(1 / (1 + exp(-Double(x))))
}
