import Glibc

/// What makes probabilities of a classifier's logits.
public enum OutputFunction: String, Sendable, Codable, CaseIterable {
  /// The classes exclude each other: their probabilities add up to 1.
  case softmax
  /// The classes are independent of each other: each has a probability of its own (multi-label).
  case sigmoid
}

/// `1 / (1 + e^-x)`
@inline(__always) func logistic(_ x: Float) -> Float {
  Float(1 / (1 + exp(-Double(x))))
}
