import Glibc

/// What the channels of a network's tensors look like on average, told by BatchNorm alone.
///
/// A BatchNorm makes every channel nearly normal with its bias as the mean and its weight as the deviation, on the data
/// that the network was trained on. The importer uses the means to take the systematic part of quantization's error out
/// again: M. Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias Correction", ICCV 2019, 4.2.
struct ExpectedActivations {
  /// Mean and standard deviation of a channel.
  struct Channel: Equatable {
    var mean, deviation: Double
  }

  private var channels: [String: [Channel]] = [:]

  /// - Parameters:
  ///   - nodes: in the graph's order.
  ///   - layers: the sources of their weights.
  init(_ nodes: [Node], layers: [LayerSource], input: String) throws(ImportError) {
    // Preprocessing centres pictures on 0, with a deviation of 1.
    channels[input] = [Channel](repeating: Channel(mean: 0, deviation: 1), count: 3)
    let sources = Dictionary(layers.map { ($0.node, $0) }, uniquingKeysWith: { first, _ in first })
    for node in nodes {
      let inputs = node.inputs.compactMap { channels[$0] }
      switch node.op {
      case .convolution, .depthwiseConvolution:
        guard let layer = sources[node.name] else { continue }
        channels[node.name] = try Self.normalized(layer)
      case .activation(let function):
        guard function != .gelu else { continue }
        channels[node.name] = inputs.first?.map { clippedNormal($0, upper: function == .relu6 ? 6 : .infinity) }
      case .add:
        guard inputs.count == 2 else { continue }
        channels[node.name] = zip(inputs[0], inputs[1]).map {
          Channel(mean: $0.mean + $1.mean, deviation: hypot($0.deviation, $1.deviation))
        }
      case .globalAveragePool:
        channels[node.name] = inputs.first
      case .maxPool:
        // The mean of a maximum depends on how neighbours resemble each other, which BatchNorm does not tell.
        continue
      case .layerNorm, .tokens, .attention, .firstToken, .imageTokens:
        // LayerNorm fixes the moments of a token, not those of a channel.
        continue
      }
    }
  }

  /// The expected value of every channel of a node, or nil where BatchNorm does not tell.
  func means(_ node: String) -> [Double]? { channels[node]?.map(\.mean) }

  /// Nil without BatchNorm, and where its statistics were folded away: then bias and weight describe no data.
  private static func normalized(_ layer: LayerSource) throws(ImportError) -> [Channel]? {
    guard let normalization = layer.normalization else { return nil }
    let state = layer.weights.state
    let runningMeans = try state.floats(normalization.mean)
    let runningVariances = try state.floats(normalization.variance)
    guard runningMeans.contains(where: { $0 != 0 }) || runningVariances.contains(where: { $0 != 1 }) else { return nil }
    let means = try state.floats(normalization.bias)
    let deviations = try state.floats(normalization.weight)
    return zip(means, deviations).map { Channel(mean: Double($0), deviation: Double($1.magnitude)) }
  }
}

/// Mean and deviation of `min(max(x, 0), upper)` for a normal `x`.
private func clippedNormal(
  _ x: ExpectedActivations.Channel, upper: Double
) -> ExpectedActivations.Channel {
  let moments = clippedNormalMoments(mean: x.mean, deviation: x.deviation, upper: upper)
  return ExpectedActivations.Channel(mean: moments.mean, deviation: moments.deviation)
}

/// Mean and standard deviation of `min(max(x, 0), upper)` for `x` normal with this mean and deviation.
///
/// Both follow from the normal density `p` and distribution `P`: over an interval of z = (x - mean) / deviation, the
/// integral of z p is minus the change of p, and that of z z p the change of P - z p.
package func clippedNormalMoments(
  mean: Double, deviation: Double, upper: Double
) -> (mean: Double, deviation: Double) {
  guard deviation > 1e-9 * (1 + mean.magnitude) else { return (min(max(mean, 0), upper), 0) }
  let low = -mean / deviation
  let high = (upper - mean) / deviation
  let share = normalDistribution(high) - normalDistribution(low)
  let first = normalDensity(low) - normalDensity(high)
  let second = share + low * normalDensity(low) - (high.isFinite ? high * normalDensity(high) : 0)
  let above = 1 - normalDistribution(high)
  let top = upper.isFinite ? upper : 0
  let expected = mean * share + deviation * first + top * above
  let square = mean * mean * share + 2 * mean * deviation * first + deviation * deviation * second + top * top * above
  return (expected, max(square - expected * expected, 0).squareRoot())
}

private func normalDensity(_ z: Double) -> Double { exp(-z * z / 2) / (2 * Double.pi).squareRoot() }

private func normalDistribution(_ z: Double) -> Double { erfc(-z / 2.0.squareRoot()) / 2 }
