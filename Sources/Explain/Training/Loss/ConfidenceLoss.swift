import Glibc

/// How much of a class's probability an image has, which is what insertion and deletion sum up: `1 - p` where it should be there, `p`
/// where it should be gone.
///
/// Unlike the cross-entropy, it asks little of images that cannot be saved, whose class is gone whatever is kept.
struct ConfidenceLoss {
  var outputs: OutputFunction
  /// Whether the class should be gone.
  var isAbsent: Bool

  /// The loss of one image, and the gradient of `scale` times it by the logits.
  func evaluate(
    _ logits: UnsafePointer<Float>, count: Int, label: Int, scale: Double, gradient: UnsafeMutablePointer<Float>
  ) -> Double {
    let sign: Double = isAbsent ? 1 : -1
    let probability: Double
    switch outputs {
    case .sigmoid:
      probability = 1 / (1 + exp(-Double(logits[label])))
      gradient.update(repeating: 0, count: count)
      gradient[label] = Float(sign * scale * probability * (1 - probability))
    case .softmax:
      var largest = -Double.infinity
      for i in 0..<count { largest = max(largest, Double(logits[i])) }
      var sum = 0.0
      for i in 0..<count { sum += exp(Double(logits[i]) - largest) }
      probability = exp(Double(logits[label]) - largest) / sum
      for i in 0..<count {
        let other = exp(Double(logits[i]) - largest) / sum
        gradient[i] = Float(sign * scale * probability * ((i == label ? 1 : 0) - other))
      }
    }
    return isAbsent ? probability : 1 - probability
  }
}
