/// Normalization that stands by itself, and scales of channels.
extension GraphBuilder {
  /// Adds a BatchNorm behind no convolution: as one of 1 x 1 for each channel, with weights of 1, normalised.
  mutating func batchNorm(_ name: String, _ input: String, _ normalization: BatchNorm) throws(ImportError) -> String {
    let channels = shape(input).channels
    let ones = ComputedWeight(shape: [channels, 1, 1, 1], values: [Float](repeating: 1, count: channels))
    insert(ones, as: "\(name).ones")
    return try layer(
      .depthwise, name, input, Window(kernel: 1), outputs: channels, normalization, weight: "\(name).ones", ones.shape,
      bias: nil)
  }

  /// Adds a global response normalization with `name.weight` and `name.bias`.
  mutating func responseNorm(_ name: String, _ input: String) throws(ImportError) -> String {
    let channels = shape(input).channels
    let norm = ResponseNorm(
      epsilon: 1e-6,
      weight: parameter("\(name).weight", [channels], or: [1, 1, 1, channels], storedShape: [channels]),
      bias: parameter("\(name).bias", [channels], or: [1, 1, 1, channels], storedShape: [channels]))
    return try append(name, norm, [input])
  }

  /// Multiplies the outputs of a linear layer by the factors `tensor`, `[C]` or `[C, 1, 1]`, which become part of its weights.
  mutating func scaleOutputs(of node: String, by tensor: String) throws(ImportError) {
    let channels = shape(node).channels
    require(tensor, [channels], or: [channels, 1, 1])
    let factors = try state.floats(tensor)
    // `finish()` reports another count.
    guard factors.count == channels else { return }
    setRows(Array(0..<channels), factors: factors.map(Double.init), of: node)
  }
}
