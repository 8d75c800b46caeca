import Glibc

/// Binary cross-entropy of a class that an image shows, whatever else it shows.
enum BinaryCrossEntropy {
  /// The loss of one image, and the gradient of `scale` times it by the logits.
  static func evaluate(
    _ logits: UnsafePointer<Float>, count: Int, label: Int, scale: Double, gradient: UnsafeMutablePointer<Float>
  ) -> Double {
    let logit = Double(logits[label])
    gradient.update(repeating: 0, count: count)
    gradient[label] = Float(-scale / (1 + exp(logit)))
    return log1p(exp(-logit.magnitude)) + max(-logit, 0)
  }
}
