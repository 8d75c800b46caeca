import Kernels

/// How the class token of a Vision Transformer adds up to the logits: each attention's result passes a linear layer and is added to
/// the token, which is normalised at the end and read by the classifier's linear layer.
struct ClassTokenPath {
  /// The linear layer behind each attention, first to last: a row for each channel that it yields.
  private let projections: [LayerRows]
  private let classifier: LayerRows
  private let scales: UnsafePointer<Float>
  private let channels: Int

  /// Nil where the network is built otherwise.
  init?(_ model: Model) {
    let graph = model.description.graph
    func node(_ name: String) -> Node? { graph.nodes.first { $0.name == name } }
    /// What reads a node or its class token first.
    func reader(_ name: String) -> Node? {
      let found = graph.nodes.first { $0.inputs.contains(name) }
      return found?.op is FirstToken ? found.flatMap { reader($0.name) } : found
    }
    /// What a node reads, or takes the class token from that it reads.
    func source(_ node: Node) -> Node? {
      let found = graph.nodes.first { $0.name == node.inputs[0] }
      return found?.op is FirstToken ? found.flatMap(source) : found
    }
    guard graph.nodes.contains(where: { $0.op is FirstToken }), let output = node(graph.output),
      let linear = output.op as? Convolution, linear.groups == 1,
      let norm = source(output)?.op as? LayerNorm, let channels = model.shapes[output.inputs[0]]?.channels
    else { return nil }
    var projections: [LayerRows] = []
    for attention in graph.nodes where attention.op is Attention {
      guard let projection = reader(attention.name), let layer = projection.op as? Convolution, layer.groups == 1,
        layer.outputChannels == channels, reader(projection.name)?.op is Add,
        model.shapes[attention.name]?.channels == channels
      else { return nil }
      projections.append(LayerRows(model, node: projection, layer, channels: channels))
    }
    guard !projections.isEmpty else { return nil }
    self.projections = projections
    self.channels = channels
    classifier = LayerRows(model, node: output, linear, channels: channels)
    scales = model.floats(norm.weight)
  }

  /// The weights of the layers behind the attentions, `[channels, channels]` each.
  func weights() -> [[Float]] {
    projections.map { rows in
      var weights: [Float] = []
      for channel in 0..<channels {
        rows.read(channel) { weights += UnsafeBufferPointer(start: $0, count: channels) }
      }
      return weights
    }
  }

  /// What a class's logit takes of each channel of the attentions' results, up to the factor by which the last normalisation
  /// divides: `[channels]` for each of them.
  ///
  /// - Parameter weights: what `weights` yields.
  func directions(of classIndex: Int, _ weights: [[Float]]) -> [[Float]] {
    var direction = [Float](repeating: 0, count: channels)
    classifier.read(classIndex) { row in
      for c in 0..<channels { direction[c] = row[c] * scales[c] }
    }
    // The normalisation subtracts the mean of what is added.
    let mean = direction.reduce(0, +) / Float(channels)
    return weights.map { weights in
      var result = [Float](repeating: 0, count: channels)
      for row in 0..<channels {
        let factor = direction[row] - mean
        for c in 0..<channels { result[c] += factor * weights[row * channels + c] }
      }
      return result
    }
  }
}
