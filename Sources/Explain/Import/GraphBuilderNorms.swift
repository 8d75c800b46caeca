/// Normalization that stands by itself.
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
}
