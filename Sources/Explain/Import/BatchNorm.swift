/// A BatchNorm layer behind a convolution: the prefix of its tensors, and its epsilon.
struct BatchNorm {
  var name: String
  var epsilon: Double

  var weight: String { "\(name).weight" }
  var bias: String { "\(name).bias" }
  var mean: String { "\(name).running_mean" }
  var variance: String { "\(name).running_var" }
}

/// What BatchNorm, in inference, does to a convolution: `y = factor * (W x) + bias`, per output channel.
///
/// From `y = weight * (W x + convolutionBias - mean) / sqrt(variance + epsilon) + bias`, computed in Double.
struct FoldedNormalization {
  var factors: [Double]
  var biases: [Float]

  /// - Parameters:
  ///   - channels: output channels of the convolution.
  ///   - convolutionBias: name of the convolution's own bias, if it has one.
  init(
    _ normalization: BatchNorm?, convolutionBias: String?, channels: Int, state: StateDict
  ) throws(ImportError) {
    var shift = [Double](repeating: 0, count: channels)
    if let convolutionBias { shift = try state.floats(convolutionBias).map(Double.init) }
    factors = [Double](repeating: 1, count: channels)
    if let normalization {
      let weight = try state.floats(normalization.weight)
      let bias = try state.floats(normalization.bias)
      let mean = try state.floats(normalization.mean)
      let variance = try state.floats(normalization.variance)
      for n in 0..<channels {
        factors[n] = Double(weight[n]) / (Double(variance[n]) + normalization.epsilon).squareRoot()
        shift[n] = (shift[n] - Double(mean[n])) * factors[n] + Double(bias[n])
      }
    }
    biases = shift.map { Float($0) }
    guard factors.allSatisfy(\.isFinite), biases.allSatisfy(\.isFinite) else {
      throw .notFinite(tensor: normalization?.name ?? convolutionBias ?? "")
    }
  }

  /// This for output channels that share rows, each multiplied by its factor; the same where there are no factors.
  func spread(over rows: [Int?], by multipliers: [Double]?) -> FoldedNormalization {
    guard let multipliers else { return self }
    var spread = self
    let pairs = zip(rows, multipliers)
    spread.factors = pairs.map { row, multiplier in row.map { factors[$0] * multiplier } ?? 1 }
    spread.biases = pairs.map { row, multiplier in row.map { Float(Double(biases[$0]) * multiplier) } ?? 0 }
    return spread
  }
}
