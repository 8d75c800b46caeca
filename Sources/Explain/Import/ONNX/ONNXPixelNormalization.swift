/// The nodes at the beginning of an ONNX graph that change each channel's values alone: `x * factor + summand`, and the order of
/// the channels. Preprocessing does the same.
struct ONNXPixelNormalization {
  /// For each channel of the result.
  private(set) var factors: [Double]
  private(set) var summands: [Double]
  /// Whether the channels are in the opposite order.
  private(set) var isReversed = false
  /// Whether the result is `[1, height, width, channels]`.
  private(set) var isChannelsLast: Bool
  /// Places of the nodes, and the value that the last one yields.
  private(set) var nodes: [Int] = []
  private(set) var output: String

  /// Nodes that one after another are looked at.
  private static let longest = 16

  /// Nil where the graph begins with none of these nodes.
  init?(_ model: ONNXModel, channels: Int, isChannelsLast: Bool) throws(ONNXError) {
    self.isChannelsLast = isChannelsLast
    factors = [Double](repeating: 1, count: channels)
    summands = [Double](repeating: 0, count: channels)
    output = model.graph.inputs[0].name
    for _ in 0..<Self.longest {
      guard let index = Self.onlyReader(of: output, in: model.graph) else { break }
      let node = model.graph.nodes[index]
      guard node.domain.isEmpty, node.outputs.count == 1, !node.outputs[0].isEmpty else { break }
      guard try apply(node, model.graph.tensors) else { break }
      nodes.append(index)
      output = node.outputs[0]
    }
    // A factor below 0 would need a deviation below 0.
    let isUsable = (factors + summands).allSatisfy(\.isFinite) && factors.allSatisfy { $0 > 1e-6 && $0 < 1e6 }
    guard !nodes.isEmpty, isUsable, !model.graph.outputs.contains(where: { $0.name == output }) else { return nil }
  }

  /// What reads a value, if that is one node beside those that ask for its shape.
  private static func onlyReader(of name: String, in graph: ONNXGraph) -> Int? {
    if graph.outputs.contains(where: { $0.name == name }) { return nil }
    var found: Int?
    for (index, node) in graph.nodes.enumerated() where node.opType != "Shape" && node.reads.contains(name) {
      guard found == nil else { return nil }
      found = index
    }
    return found
  }

  /// - Returns: whether the node is one of these.
  private mutating func apply(_ node: ONNXNode, _ tensors: [String: ONNXTensor]) throws(ONNXError) -> Bool {
    switch node.opType {
    case "Identity", "Cast", "Dropout": return true
    case "Transpose":
      guard node.ints("perm") == (isChannelsLast ? [0, 3, 1, 2] : [0, 2, 3, 1]) else { return false }
      isChannelsLast.toggle()
      return true
    case "Add", "Sub", "Mul", "Div": return try arithmetic(node, tensors)
    case "BatchNormalization": return try batchNormalization(node, tensors)
    case "Gather", "Slice":
      guard try reverses(node, tensors) else { return false }
      (factors, summands) = (factors.reversed(), summands.reversed())
      isReversed.toggle()
      return true
    default: return false
    }
  }

  private mutating func arithmetic(_ node: ONNXNode, _ tensors: [String: ONNXTensor]) throws(ONNXError) -> Bool {
    guard node.inputs.count == 2 else { return false }
    let isFirst = node.inputs[0] == output
    guard isFirst || node.opType == "Add" || node.opType == "Mul" else { return false }
    guard let tensor = tensors[node.inputs[isFirst ? 1 : 0]], let values = try channelValues(tensor) else {
      return false
    }
    for (channel, value) in values.enumerated() {
      switch node.opType {
      case "Add": summands[channel] += value
      case "Sub": summands[channel] -= value
      case "Mul":
        factors[channel] *= value
        summands[channel] *= value
      default:
        factors[channel] /= value
        summands[channel] /= value
      }
    }
    return true
  }

  private mutating func batchNormalization(
    _ node: ONNXNode, _ tensors: [String: ONNXTensor]
  ) throws(ONNXError) -> Bool {
    guard node.inputs.count == 5, node.inputs[0] == output, node.int("training_mode", 0) == 0 else { return false }
    var parameters: [[Float]] = []
    for name in node.inputs[1...] {
      guard let tensor = tensors[name], tensor.shape == [factors.count] else { return false }
      parameters.append(try tensor.floats())
    }
    let epsilon = Double(node.float("epsilon", 1e-5))
    for channel in factors.indices {
      let (weight, bias) = (Double(parameters[0][channel]), Double(parameters[1][channel]))
      let (mean, variance) = (Double(parameters[2][channel]), Double(parameters[3][channel]))
      let factor = weight / (variance + epsilon).squareRoot()
      factors[channel] *= factor
      summands[channel] = (summands[channel] - mean) * factor + bias
    }
    return true
  }

  /// A constant's value for each channel; nil where it is of another shape.
  private func channelValues(_ tensor: ONNXTensor) throws(ONNXError) -> [Double]? {
    let lengths = tensor.shape
    guard lengths.count <= 4 else { return nil }
    let shape = [Int](repeating: 1, count: 4 - lengths.count) + lengths
    let channels = factors.count
    guard shape == [1, 1, 1, 1] || shape == (isChannelsLast ? [1, 1, 1, channels] : [1, channels, 1, 1]) else {
      return nil
    }
    let values = try tensor.floats().map(Double.init)
    return values.count == 1 ? [Double](repeating: values[0], count: channels) : values
  }

  private func isChannels(_ axis: Int) -> Bool { (isChannelsLast ? [3, -1] : [1, -3]).contains(axis) }

  /// Whether a node puts three channels in the opposite order.
  private func reverses(_ node: ONNXNode, _ tensors: [String: ONNXTensor]) throws(ONNXError) -> Bool {
    guard factors.count == 3, node.inputs[0] == output else { return false }
    func integers(_ index: Int) throws(ONNXError) -> [Int]? {
      guard node.inputs.indices.contains(index), let tensor = tensors[node.inputs[index]],
        tensor.shape.reduce(1, { $0.multipliedReportingOverflow(by: $1).partialValue }) <= 4, tensor.elementType.isWhole
      else { return nil }
      return try tensor.integers()
    }
    if node.opType == "Gather" {
      let indices = try integers(1)
      return isChannels(node.int("axis", 0)) && (indices == [2, 1, 0] || indices == [-1, -2, -3])
    }
    guard let start = try integers(1), let end = try integers(2), let axis = try integers(3),
      let step = try integers(4),
      [start, end, step].allSatisfy({ $0.count == axis.count })
    else { return false }
    // From the last channel back to the first; other dimensions stay whole, as TensorFlow writes them.
    let isReversed = axis.indices.map {
      isChannels(axis[$0]) && step[$0] == -1 && (start[$0] == -1 || start[$0] >= 2) && end[$0] < -3
    }
    return isReversed.filter(\.self).count == 1
      && axis.indices.allSatisfy { isReversed[$0] || step[$0] == 1 && start[$0] == 0 && end[$0] >= 1 << 20 }
  }
}

extension ONNXPixelNormalization {
  /// What a graph that begins so is fed.
  enum Source {
    /// Pixels in 0...255.
    case bytes
    /// Pixels in 0...1.
    case ones
    /// Values that are normalised already.
    case normalized
  }

  /// Told by the values: deviations of pixels in 0...1 are below 1, and their means in 0...1.
  var source: Source {
    let deviations = factors.map { 1 / $0 }
    let means = zip(factors, summands).map { -$1 / $0 }
    if deviations.contains(where: { $0 > 2 }) || means.contains(where: { abs($0) > 2 }) { return .bytes }
    let isOfPixels = means.allSatisfy { $0 > 0.2 && $0 < 0.8 } && deviations.allSatisfy { $0 <= 1 }
    return isOfPixels ? .ones : .normalized
  }
}
