// Norms: over groups of channels, and of ConvNeXt V2's responses.

extension ONNXTranslator {
  static let normRules: [String: Rule] = [
    "InstanceNormalization": { translator, node throws(ImportError) in try translator.instanceNormalization(node) },
    "GroupNormalization": { translator, node throws(ImportError) in try translator.groupNormalization(node) },
    "ReduceL2": { translator, node throws(ImportError) in try translator.norm(node) },
  ]

  /// Each channel, or what a group of channels has been reshaped to, is normalised over its elements.
  private mutating func instanceNormalization(_ node: ONNXNode) throws(ImportError) {
    let input = try inputView(node)
    guard input.dimensions.count >= 3, input.dimensions[0].isEmpty else {
      throw unsupported(node, "the input is not [1, channels, ...]")
    }
    let result = try normalized(input, node)
    let channels = input.lengths[1]
    guard let weight = try constant(node, 1), let bias = try constant(node, 2), weight.count == channels,
      bias.count == channels
    else { throw unsupported(node, "a weight or bias for each channel is missing") }
    let (factors, summands) = try reading { () throws(ONNXError) in (try weight.floats(), try bias.floats()) }
    if factors.allSatisfy({ $0 == 1 }), summands.allSatisfy({ $0 == 0 }) { return set(node.output, result) }
    let image = try copy(result, channels: 1, for: node)
    set(node, .activation(try affine(name(node), image, factors, summands)))
  }

  private mutating func groupNormalization(_ node: ONNXNode) throws(ImportError) {
    let input = try inputView(node)
    let groups = node.int("num_groups", 0)
    guard input.dimensions.count >= 3, input.dimensions[0].isEmpty, groups > 0,
      input.lengths[1].isMultiple(of: groups), let weight = try constant(node, 1), let bias = try constant(node, 2)
    else { throw unsupported(node, "the input is not [1, channels, ...] of whole groups") }
    let channels = input.lengths[1]
    let count = input.lengths.reduce(1, *) / groups
    guard let grouped = input.regrouped([1, groups, count]) else {
      throw unsupported(node, "\(groups) groups are not supported here")
    }
    guard let result = try normalized(grouped, node).regrouped(input.lengths) else {
      throw unsupported(node, "\(groups) groups are not supported here")
    }
    func values(_ constant: ONNXConstant) throws(ImportError) -> [Float] {
      let values = try reading { () throws(ONNXError) in try constant.floats() }
      guard values.count == groups || values.count == channels else {
        throw unsupported(node, "\(constant.shape) is not one value for each channel")
      }
      return (0..<channels).map { values[values.count == channels ? $0 : $0 / (channels / groups)] }
    }
    let (factors, summands) = (try values(weight), try values(bias))
    let image = try copy(result, channels: 1, for: node)
    set(node, .activation(try affine(name(node), image, factors, summands)))
  }

  /// Every row of `[1, rows, ...]` with a mean of 0 and a variance of 1.
  private mutating func normalized(_ view: ONNXView, _ node: ONNXNode) throws(ImportError) -> ONNXView {
    let lengths = view.lengths
    let rest = view.dimensions[2...].flatMap(\.self)
    let input = try copy(view, rows: [], columns: view.dimensions[1], channels: rest, for: node)
    let normalization = ONNXNormalization(
      input: ONNXActivation(input, [[.columns], [.channels]]), epsilon: Double(node.float("epsilon", 1e-5)))
    let result = try settle(normalization, of: node)
    return ONNXView(
      node: result.node,
      dimensions: [[]] + ONNXView.Part.nested(.columns, lengths: [lengths[1]])
        + ONNXView.Part.nested(.channels, lengths: Array(lengths[2...])))
  }

  /// Vectors divided by their norms, or by something small where they are shorter.
  ///
  /// A layer normalization of `[x, -x]`, whose mean is 0, divides by the root of the mean of squares.
  private mutating func normalize(_ node: ONNXNode, _ reduced: Set<Int>) throws(ImportError) -> Bool {
    var divisor = node
    if let next = onlyReader(divisor.output, "Clip") { divisor = next.node }
    if let next = onlyReader(divisor.output, "Expand") { divisor = next.node }
    let view = try inputView(node)
    guard reduced.count == 1, let axis = reduced.first, view.dimensions.indices.contains(axis),
      let quotient = onlyReader(divisor.output, "Div"),
      quotient.node.inputs == [node.inputs[0], divisor.output]
    else { return false }
    let others = view.dimensions.indices.filter { $0 != axis }
    let count = view.lengths[axis]
    let input = try copy(
      view, rows: [], columns: others.flatMap { view.dimensions[$0] }, channels: view.dimensions[axis],
      for: quotient.node)
    let tokens = ONNXActivation(input, [[.columns], [.channels]])
    let negative = try scale(tokens, by: -1, quotient.node)
    let both = try graph.append(name(quotient.node), Concat(), [input, negative.node])
    let weight = [Float](repeating: Float(1 / Double(count).squareRoot()), count: 2 * count)
    let normalization = ONNXNormalization(
      input: ONNXActivation(both, tokens.dimensions), epsilon: 1e-24, weight: ONNXConstant(weight, shape: [2 * count]))
    let result = try settle(normalization, of: quotient.node)
    var dimensions = view.dimensions
    for (index, parts) in zip(others, ONNXView.Part.nested(.columns, lengths: others.map { view.lengths[$0] })) {
      dimensions[index] = parts
    }
    dimensions[axis] = ONNXView.Part.nested(.channels, lengths: [count])[0]
    set(quotient.node.output, ONNXView(node: result.node, dimensions: dimensions))
    absorb(quotient.index)
    // What lies between is read by nobody else.
    var between = node
    while let next = onlyReader(between.output, "Clip") ?? onlyReader(between.output, "Expand") {
      absorb(next.index)
      between = next.node
    }
    return true
  }

  /// Global response normalization, which begins with the norm of each channel.
  private mutating func norm(_ node: ONNXNode) throws(ImportError) {
    let reduced = Set(try axes(node, rank: inputView(node).dimensions.count) ?? [])
    if try normalize(node, reduced) { return }
    let input = try activation(node, 0)
    let named = reduced.flatMap { input.dimensions.indices.contains($0) ? input.dimensions[$0] : [] }
    guard Set(named) == [.rows, .columns], let response = try response(node, of: node.inputs[0], input) else {
      throw unsupported(node, "norms are understood in global response normalization alone")
    }
    let name = name(response.last)
    let channels = graph.shape(input.node).channels
    graph.insert(ComputedWeight(shape: [channels], values: response.weight), as: "\(name).weight")
    graph.insert(ComputedWeight(shape: [channels], values: response.bias), as: "\(name).bias")
    let op = ResponseNorm(
      epsilon: response.epsilon, weight: graph.parameter("\(name).weight", [channels], storedShape: [channels]),
      bias: graph.parameter("\(name).bias", [channels], storedShape: [channels]))
    try append(response.last, op, [input.node], like: input)
    for index in response.nodes { absorb(index) }
  }

  private struct Response {
    var epsilon: Float
    var weight, bias: [Float]
    /// Nodes that are part of it.
    var nodes: [Int] = []
    var last: ONNXNode
  }

  /// `x + (weight * (x * (norm / (mean(norm) + epsilon))) + bias)`; nil where something else is written.
  private mutating func response(
    _ node: ONNXNode, of tensor: String, _ input: ONNXActivation
  ) throws(ImportError) -> Response? {
    let norm = node.output
    guard readerCount(norm) == 2, let mean = firstReading(norm), mean.node.opType == "ReduceMean",
      let sum = onlyReader(mean.node.output, "Add"), let epsilon = try number(sum.node, beside: mean.node),
      let quotient = onlyReader(sum.node.output, "Div"),
      quotient.node.inputs == [norm, sum.node.output],
      var last = onlyReader(quotient.node.output, "Mul"), last.node.inputs.contains(tensor)
    else { return nil }
    let channels = graph.shape(input.node).channels
    var response = Response(
      epsilon: epsilon, weight: [Float](repeating: 1, count: channels), bias: [Float](repeating: 0, count: channels),
      nodes: [mean.index, sum.index, quotient.index, last.index], last: last.node)
    while let next = onlyReader(last.node.output, "Mul"),
      let factors = try channelConstant(next.node, beside: last.node, of: input)
    {
      response.weight = zip(response.weight, factors).map(*)
      response.nodes.append(next.index)
      last = next
    }
    guard let shift = onlyReader(last.node.output, "Add") else { return nil }
    if let summands = try channelConstant(shift.node, beside: last.node, of: input) {
      response.bias = summands
      response.nodes.append(shift.index)
      guard let end = onlyReader(shift.node.output, "Add") else { return nil }
      last = end
    } else {
      last = shift
    }
    guard last.node.inputs.contains(tensor) else { return nil }
    response.nodes.append(last.index)
    response.last = last.node
    return response
  }

  /// The constant that a node multiplies or adds to another one's result, for each channel of the input.
  private func channelConstant(
    _ node: ONNXNode, beside other: ONNXNode, of input: ONNXActivation
  ) throws(ImportError) -> [Float]? {
    guard let name = node.inputs.first(where: { !other.outputs.contains($0) }),
      case .constant(let constant)? = values[name]
    else { return nil }
    return try channelValues(node, input, constant)
  }

  /// The constant that a node adds to another one's result.
  private func number(_ node: ONNXNode, beside other: ONNXNode) throws(ImportError) -> Float? {
    guard let name = node.inputs.first(where: { !other.outputs.contains($0) }),
      case .constant(let constant)? = values[name]
    else { return nil }
    return try reading { () throws(ONNXError) in try constant.scalar() }
  }
}

extension ONNXNode {
  /// The first output; empty where there is none.
  fileprivate var output: String { outputs.first ?? "" }
}
