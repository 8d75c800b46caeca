// Layer normalization, as a node or as what several nodes have computed.

extension ONNXTranslator {
  static let layerNormRules: [String: Rule] = [
    "LayerNormalization": { translator, node throws(ImportError) in try translator.layerNormalization(node) }
  ]

  private mutating func layerNormalization(_ node: ONNXNode) throws(ImportError) {
    let input = try lastAsChannels(try activation(node, 0), for: node)
    let rank = input.dimensions.count
    let axis = node.int("axis", -1)
    let first = axis < 0 ? axis + rank : axis
    guard (0..<rank).contains(first), input.dimensions[first...].flatMap(\.self) == [.channels] else {
      throw unsupported(node, "only the channels, as the last dimension, can be normalised")
    }
    let normalization = ONNXNormalization(
      input: input, epsilon: Double(node.float("epsilon", 1e-5)), weight: try constant(node, 1),
      bias: try constant(node, 2))
    set(node, .activation(try settle(normalization, of: node)))
  }

  mutating func settle(
    _ normalization: ONNXNormalization, of node: ONNXNode
  ) throws(ImportError) -> ONNXActivation {
    let channels = graph.shape(normalization.input.node).channels
    let name = name(node)
    func tensor(_ constant: ONNXConstant?, or value: Float) throws(ImportError) -> any WeightTensor {
      guard let constant else {
        return ComputedWeight(shape: [channels], values: [Float](repeating: value, count: channels))
      }
      guard constant.count == channels else {
        throw unsupported(node, "\(constant.shape) is not one value for each of \(channels) channels")
      }
      return try reading { () throws(ONNXError) in try constant.weight(shape: [channels]) }
    }
    graph.insert(try tensor(normalization.weight, or: 1), as: "\(name).weight")
    graph.insert(try tensor(normalization.bias, or: 0), as: "\(name).bias")
    let op = LayerNorm(
      epsilon: Float(normalization.epsilon),
      weight: graph.parameter("\(name).weight", [channels], storedShape: [channels]),
      bias: graph.parameter("\(name).bias", [channels], storedShape: [channels]))
    let result = try graph.append(name, op, [normalization.input.node])
    return ONNXActivation(result, normalization.input.dimensions)
  }
}
