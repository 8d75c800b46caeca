// Operators on every element.

extension ONNXTranslator {
  static let elementwiseRules: [String: Rule] = [
    "Relu": rule(.relu), "HardSwish": rule(.hardSwish),
    "Softmax": { translator, node throws(ImportError) in try translator.softmax(node) },
    "LogSoftmax": { translator, node throws(ImportError) in try translator.logSoftmax(node) },
    "Gelu": { translator, node throws(ImportError) in try translator.gelu(node) },
    "LeakyRelu": { translator, node throws(ImportError) in try translator.leakyRelu(node) },
    "PRelu": { translator, node throws(ImportError) in try translator.prelu(node) },
    "Identity": { translator, node throws(ImportError) in try translator.pass(node) },
    "Dropout": { translator, node throws(ImportError) in try translator.pass(node) },
    "Cast": { translator, node throws(ImportError) in try translator.pass(node) },
  ]

  private static func rule(_ function: Activation) -> Rule {
    { translator, node throws(ImportError) in try translator.activate(node, function) }
  }

  private mutating func activate(_ node: ONNXNode, _ function: Activation) throws(ImportError) {
    // What is never below 0 is part of a function still, as in GELU's `1 + erf(x)`.
    if function == .relu, case .formula(let formula) = try value(node, 0), formula.isNonNegative {
      return set(node, .formula(formula))
    }
    let input = try activation(node, 0)
    try append(node, function, [input.node], like: input)
  }

  private mutating func softmax(_ node: ONNXNode) throws(ImportError) {
    if try attentionSoftmax(node) { return }
    if model.graph.outputs.first?.name == node.outputs[0] {
      outputs = .softmax
      return set(node, try value(node, 0))
    }
    let input = try inputView(node)
    let (axis, rank) = (node.int("axis", -1), input.dimensions.count)
    guard (-rank..<rank).contains(axis) else { throw unsupported(node, "axis \(axis) is out of range") }
    set(node.outputs[0], try softmax(input, axis: axis < 0 ? axis + rank : axis, for: node))
  }

  /// Logits less a number that is the same for all classes: their softmax is that of the logits.
  private mutating func logSoftmax(_ node: ONNXNode) throws(ImportError) {
    guard model.graph.outputs.first?.name == node.outputs[0] else {
      throw unsupported(node, "LogSoftmax is understood at the end of a classifier alone")
    }
    outputs = .softmax
    set(node, try value(node, 0))
  }

  private mutating func pass(_ node: ONNXNode) throws(ImportError) { set(node, try value(node, 0)) }

  private mutating func gelu(_ node: ONNXNode) throws(ImportError) {
    try activate(node, node.string("approximate", "none") == "tanh" ? .tanhGELU : .gelu)
  }

  /// A clip that is no function with a name.
  mutating func clip(_ node: ONNXNode) throws(ImportError) {
    throw unsupported(node, "only bounds 0 and 6, and 0 alone, are supported")
  }

  mutating func hardSigmoid(_ node: ONNXNode) throws(ImportError) {
    throw unsupported(node, "alpha 1/6 and beta 1/2 are needed")
  }

  private mutating func leakyRelu(_ node: ONNXNode) throws(ImportError) {
    let input = try activation(node, 0)
    let channels = graph.shape(input.node).channels
    try prelu(node, input, [Float](repeating: node.float("alpha", 0.01), count: channels))
  }

  private mutating func prelu(_ node: ONNXNode) throws(ImportError) {
    let input = try activation(node, 0)
    guard let constant = try constant(node, 1) else { throw unsupported(node, "the slope is missing") }
    try prelu(node, input, try channelValues(node, input, constant))
  }

  private mutating func prelu(_ node: ONNXNode, _ input: ONNXActivation, _ slopes: [Float]) throws(ImportError) {
    let name = name(node)
    graph.insert(ComputedWeight(shape: [slopes.count], values: slopes), as: "\(name).slope")
    let slope = graph.parameter("\(name).slope", [slopes.count], storedShape: [slopes.count])
    try append(node, PReLU(slope: slope), [input.node], like: input)
  }

  mutating func add(_ node: ONNXNode) throws(ImportError) {
    if let (first, second) = try deepOperands(node) {
      return set(node.outputs[0], try combine(first, second, by: Add(), for: node))
    }
    switch try operands(node) {
    case .two(let a, let b):
      let (values, others) = graph.shape(a.node).count >= graph.shape(b.node).count ? (a, b) : (b, a)
      guard let second = try spread(others, over: values, for: node) else { return try combine(node, by: Add()) }
      try append(node, Add(), [values.node, second], like: values)
    case .one(let a, let constant, _):
      if let sum = try sum(a, constant, for: node) { return set(node, .activation(sum)) }
      try affine(node, a, factors: nil, summands: constant)
    }
  }

  mutating func subtract(_ node: ONNXNode) throws(ImportError) {
    if let (first, deducted) = try deepOperands(node) {
      var second = deducted
      second.factor *= -1
      return set(node.outputs[0], try combine(first, second, by: Add(), for: node))
    }
    let (a, constant): (ONNXActivation, ONNXConstant)
    switch try operands(node) {
    case .two(let first, let second):
      guard graph.shape(first.node).count >= graph.shape(second.node).count else {
        throw unsupported(node, "the inputs' shapes differ")
      }
      let negative = try scale(second, by: -1, node)
      guard let summand = try spread(negative, over: first, for: node) else {
        throw unsupported(node, "the inputs' shapes differ: \(lengths(first)) and \(lengths(second))")
      }
      return try append(node, Add(), [first.node, summand], like: first)
    case .one(let input, let values, let isFirst):
      guard !isFirst else { throw unsupported(node, "nothing can be subtracted from a constant") }
      (a, constant) = (input, values)
    }
    let values = try channelValues(node, a, constant).map { -$0 }
    try affine(node, a, [Float](repeating: 1, count: values.count), values)
  }

  mutating func square(_ node: ONNXNode) throws(ImportError) {
    guard let exponent = try constant(node, 1), try reading({ () throws(ONNXError) in try exponent.scalar() }) == 2
    else {
      throw unsupported(node, "only squares are supported")
    }
    let input = try activation(node, 0)
    try append(node, Multiply(), [input.node, input.node], like: input)
  }

  mutating func divide(_ node: ONNXNode) throws(ImportError) {
    guard case .one(let a, let constant, false) = try operands(node) else {
      throw unsupported(node, "only a constant can be divided by")
    }
    let values = try channelValues(node, a, constant).map { 1 / $0 }
    try affine(node, a, values, [Float](repeating: 0, count: values.count))
  }

  mutating func multiply(_ node: ONNXNode) throws(ImportError) {
    if let (first, second) = try deepOperands(node) {
      return set(node.outputs[0], try combine(first, second, by: Multiply(), for: node))
    }
    switch try operands(node) {
    case .two(let a, let b):
      let (values, factors) = graph.shape(a.node).count >= graph.shape(b.node).count ? (a, b) : (b, a)
      let isOfChannels = factors.order == [.channels] && values.channelDimension == factors.channelDimension
      guard let second = isOfChannels ? factors.node : try spread(factors, over: values, for: node) else {
        return try combine(node, by: Multiply())
      }
      try append(node, Multiply(), [values.node, second], like: values)
    case .one(let a, let constant, let isFirst):
      let a = try varying(a, with: constant, for: node)
      guard isOfChannels(constant, a) else { return try combine(node, by: Multiply()) }
      let factors = try channelValues(node, a, constant, or: 1)
      if scaleLayer(a, node.inputs[isFirst ? 1 : 0], by: factors) { return set(node, .activation(a)) }
      try affine(node, a, factors, [Float](repeating: 0, count: factors.count))
    }
  }

  /// Multiplies a linear layer's weights by a factor for each output, as LayerScale does.
  ///
  /// - Returns: whether the tensor is the result of such a layer, and nothing else reads it.
  private mutating func scaleLayer(_ input: ONNXActivation, _ name: String, by factors: [Float]) -> Bool {
    guard layerValues[input.node] == name, readerCount(name) == 1, factors.count > 1,
      let layer = graph.layer(of: input.node), layer.factors == nil, layer.normalization == nil
    else { return false }
    graph.setRows(Array(factors.indices), factors: factors.map(Double.init), of: input.node)
    return true
  }

  private mutating func combine(_ node: ONNXNode, by op: any GraphOperator) throws(ImportError) {
    let (first, second) = try operandViews(node)
    set(node.outputs[0], try combine(first, second, by: op, for: node))
  }

  private enum Operands {
    case one(ONNXActivation, ONNXConstant, constantIsFirst: Bool)
    case two(ONNXActivation, ONNXActivation)
  }

  private mutating func operands(_ node: ONNXNode) throws(ImportError) -> Operands {
    switch (try value(node, 0), try value(node, 1)) {
    case (.constant, .constant): throw unsupported(node, "two constants")
    case (.constant(let constant), _): return .one(try activation(node, 1), constant, constantIsFirst: true)
    case (_, .constant(let constant)): return .one(try activation(node, 0), constant, constantIsFirst: false)
    default: return .two(try activation(node, 0), try activation(node, 1))
    }
  }

  /// A constant's value for each channel.
  ///
  /// - Parameter fallback: for all channels where there is no constant.
  func channelValues(
    _ node: ONNXNode, _ input: ONNXActivation, _ constant: ONNXConstant?, or fallback: Float = 0
  ) throws(ImportError) -> [Float] {
    let channels = graph.shape(input.node).channels
    guard let constant else { return [Float](repeating: fallback, count: channels) }
    guard isOfChannels(constant, input) else {
      throw unsupported(node, "a constant \(constant.shape) is not one value for each channel")
    }
    let values = try reading { () throws(ONNXError) in try constant.floats() }
    return values.count == channels ? values : [Float](repeating: values[0], count: channels)
  }

  /// Whether a constant is one value, or one for each channel of a tensor.
  private func isOfChannels(_ constant: ONNXConstant, _ input: ONNXActivation) -> Bool {
    // Shapes are aligned at their ends.
    let dimensions =
      [[ONNXActivation.Axis]](repeating: [], count: max(0, constant.shape.count - input.dimensions.count))
      + input.dimensions.suffix(constant.shape.count)
    return (constant.count == 1 || constant.count == graph.shape(input.node).channels)
      && zip(constant.shape, dimensions).allSatisfy { $0 == 1 || $1 == [.channels] }
  }

  private mutating func affine(
    _ node: ONNXNode, _ input: ONNXActivation, factors: ONNXConstant?, summands: ONNXConstant?
  ) throws(ImportError) {
    let input = try varying(input, with: factors ?? summands, for: node)
    try affine(
      node, input, try channelValues(node, input, factors, or: 1), try channelValues(node, input, summands))
  }

  private mutating func affine(
    _ node: ONNXNode, _ input: ONNXActivation, _ factors: [Float], _ summands: [Float]
  ) throws(ImportError) {
    set(node, .activation(try affine(name(node), input, factors, summands)))
  }

  mutating func scale(_ input: ONNXActivation, by factor: Double, _ node: ONNXNode) throws(ImportError)
    -> ONNXActivation
  {
    let channels = graph.shape(input.node).channels
    return try affine(
      name(node), input, [Float](repeating: Float(factor), count: channels), [Float](repeating: 0, count: channels))
  }

  /// `x * factor + summand` for each channel, as a convolution of 1 x 1.
  mutating func affine(
    _ name: String, _ input: ONNXActivation, _ factors: [Float], _ summands: [Float]
  ) throws(ImportError) -> ONNXActivation {
    let channels = factors.count
    graph.insert(ComputedWeight(shape: [channels, 1, 1, 1], values: factors), as: "\(name).weight")
    graph.insert(ComputedWeight(shape: [channels], values: summands), as: "\(name).bias")
    let result = try graph.layer(
      .depthwise, name, input.node, Window(kernel: 1), outputs: channels, nil, weight: "\(name).weight",
      [channels, 1, 1, 1], bias: "\(name).bias")
    return ONNXActivation(result, input.dimensions)
  }
}
