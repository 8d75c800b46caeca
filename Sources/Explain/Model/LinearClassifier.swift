/// A linear layer on features: `logits = weights . features + biases`.
public struct LinearClassifier: Sendable, Equatable {
  public let classes, channels: Int
  /// `[classes, channels]`
  public var weights: [Float]
  /// `[classes]`
  public var biases: [Float]

  public init(classes: Int, channels: Int, weights: [Float], biases: [Float]) {
    precondition(weights.count == classes * channels && biases.count == classes)
    (self.classes, self.channels, self.weights, self.biases) = (classes, channels, weights, biases)
  }

  /// Logits of one row of features.
  func logits(_ features: UnsafePointer<Float>) -> [Float] {
    (0..<classes).map { label in
      var sum = Double(biases[label])
      for c in 0..<channels { sum += Double(weights[label * channels + c]) * Double(features[c]) }
      return Float(sum)
    }
  }

  /// All logits multiplied by a factor.
  mutating func scale(by factor: Float) {
    for i in weights.indices { weights[i] *= factor }
    for i in biases.indices { biases[i] *= factor }
  }
}
