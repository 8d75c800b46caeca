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
    // `p` is e to minus the cross-entropy, and `1 - p` has `p` times its gradient.
    let probability = exp(-outputs.crossEntropy(logits, count, label, isAbsent ? -scale : scale, gradient))
    for i in 0..<count { gradient[i] *= Float(probability) }
    return isAbsent ? probability : 1 - probability
  }
}

extension OutputFunction {
  /// The loss of one image's label, and the gradient of `scale` times it: `(logits, count, label, scale, gradient)`.
  var crossEntropy: (UnsafePointer<Float>, Int, Int, Double, UnsafeMutablePointer<Float>) -> Double {
    switch self {
    case .softmax: CrossEntropy.evaluate
    case .sigmoid: BinaryCrossEntropy.evaluate
    }
  }
}
