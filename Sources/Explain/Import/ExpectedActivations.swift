/// What the channels of a network's tensors look like on average, told by BatchNorm alone.
///
/// A BatchNorm makes every channel nearly normal with its bias as the mean and its weight as the deviation, on the data
/// that the network was trained on. The importer uses the means to take the systematic part of quantization's error out
/// again: M. Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias Correction", ICCV 2019, 4.2.
struct ExpectedActivations {
  private var channels: [String: [ChannelMoments]] = [:]

  /// - Parameters:
  ///   - nodes: in the graph's order.
  ///   - layers: the sources of their weights.
  ///   - shape: of the input.
  init(_ nodes: [Node], layers: [LayerSource], input: String, _ shape: Shape) throws(ImportError) {
    // Preprocessing centres pictures on 0, with a deviation of 1.
    channels[input] = [ChannelMoments](repeating: ChannelMoments(mean: 0, deviation: 1), count: shape.channels)
    let sources = Dictionary(layers.map { ($0.node, $0) }, uniquingKeysWith: { first, _ in first })
    for node in nodes {
      var normalized: [ChannelMoments]?
      if let layer = sources[node.name] { normalized = try Self.normalized(layer) }
      channels[node.name] = node.op.expected(node.inputs.map { channels[$0] }, normalized: normalized)
    }
  }

  /// The expected value of every channel of a node, or nil where BatchNorm does not tell.
  func means(_ node: String) -> [Double]? { channels[node]?.map(\.mean) }

  /// Nil without BatchNorm, and where its statistics were folded away: then bias and weight describe no data.
  private static func normalized(_ layer: LayerSource) throws(ImportError) -> [ChannelMoments]? {
    guard let normalization = layer.normalization else { return nil }
    let state = layer.weights.state
    let runningMeans = try state.floats(normalization.mean)
    let runningVariances = try state.floats(normalization.variance)
    guard runningMeans.contains(where: { $0 != 0 }) || runningVariances.contains(where: { $0 != 1 }) else { return nil }
    let means = try state.floats(normalization.bias)
    let deviations = try state.floats(normalization.weight)
    return zip(means, deviations).map { ChannelMoments(mean: Double($0), deviation: Double($1.magnitude)) }
  }
}
