import Glibc

/// Mean cross-entropy over a batch.
enum CrossEntropy {
  /// The loss of one image, and the gradient of `scale` times it by the logits, which it may overwrite.
  static func evaluate(
    _ logits: UnsafePointer<Float>, count: Int, label: Int, scale: Double, gradient: UnsafeMutablePointer<Float>
  ) -> Double {
    var largest = -Double.infinity
    for i in 0..<count { largest = max(largest, Double(logits[i])) }
    var sum = 0.0
    let own = Double(logits[label])
    for i in 0..<count { sum += exp(Double(logits[i]) - largest) }
    for i in 0..<count {
      let probability = exp(Double(logits[i]) - largest) / sum
      gradient[i] = Float(scale * (probability - (i == label ? 1 : 0)))
    }
    return log(sum) + largest - own
  }
}
