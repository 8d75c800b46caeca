// Operators on every element.

extension ONNXTranslator {
  static let elementwiseRules: [String: Rule] = [
    "Relu": rule(.relu), "Sigmoid": rule(.sigmoid), "HardSwish": rule(.hardSwish), "Tanh": rule(.tanh),
    "Softmax": { translator, node throws(ImportError) in try translator.softmax(node) },
    "Clip": { translator, node throws(ImportError) in try translator.clip(node) },
    "Gelu": { translator, node throws(ImportError) in try translator.gelu(node) },
    "HardSigmoid": { translator, node throws(ImportError) in try translator.hardSigmoid(node) },
    "LeakyRelu": { translator, node throws(ImportError) in try translator.leakyRelu(node) },
    "PRelu": { translator, node throws(ImportError) in try translator.prelu(node) },
    "Add": { translator, node throws(ImportError) in try translator.add(node) },
    "Mul": { translator, node throws(ImportError) in try translator.multiply(node) },
    "Identity": { translator, node throws(ImportError) in try translator.pass(node) },
    "Dropout": { translator, node throws(ImportError) in try translator.pass(node) },
    "Cast": { translator, node throws(ImportError) in try translator.pass(node) },
  ]

  private static func rule(_ function: Activation) -> Rule {
    { translator, node throws(ImportError) in try translator.activate(node, function) }
  }

  private mutating func activate(_ node: ONNXNode, _ function: Activation) throws(ImportError) {
    let input = try activation(node, 0)
    // A sigmoid at the end makes a probability of a logit.
    if function == .sigmoid, model.graph.outputs.first?.name == node.outputs[0] {
      let outputs = graph.shape(input.node).channels
      guard outputs == 1 else {
        throw unsupported(node, "\(outputs) classes that do not exclude each other are not supported")
      }
      return set(node, .activation(input))
    }
    try append(node, function, [input.node], like: input)
  }

  private mutating func softmax(_ node: ONNXNode) throws(ImportError) {
    guard model.graph.outputs.first?.name == node.outputs[0] else {
      throw unsupported(node, "a softmax is understood at the end and in attention alone")
    }
    set(node, try value(node, 0))
  }

  private mutating func pass(_ node: ONNXNode) throws(ImportError) { set(node, try value(node, 0)) }

  private mutating func gelu(_ node: ONNXNode) throws(ImportError) {
    guard node.string("approximate", "none") == "none" else {
      throw unsupported(node, "the tanh approximation is not supported")
    }
    try activate(node, .gelu)
  }

  private mutating func clip(_ node: ONNXNode) throws(ImportError) {
    var (lower, upper) = (node.float("min", -.infinity), node.float("max", .infinity))
    if let bound = try constant(node, 1) { lower = try reading { () throws(ONNXError) in try bound.scalar() } ?? lower }
    if let bound = try constant(node, 2) { upper = try reading { () throws(ONNXError) in try bound.scalar() } ?? upper }
    switch (lower, upper) {
    case (0, 6): try activate(node, .relu6)
    case (0, let upper) where upper >= Float.greatestFiniteMagnitude: try activate(node, .relu)
    default: throw unsupported(node, "only bounds 0 and 6, and 0 alone, are supported")
    }
  }

  private mutating func hardSigmoid(_ node: ONNXNode) throws(ImportError) {
    guard abs(node.float("alpha", 0.2) - 1 / 6) < 1e-4, node.float("beta", 0.5) == 0.5 else {
      throw unsupported(node, "alpha 1/6 and beta 1/2 are needed")
    }
    try activate(node, .hardSigmoid)
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

  private mutating func add(_ node: ONNXNode) throws(ImportError) {
    let (first, second) = (try value(node, 0), try value(node, 1))
    switch (first, second) {
    case (.activation(let a), .activation(let b)):
      guard a.dimensions == b.dimensions else { throw unsupported(node, "the inputs' shapes differ") }
      try append(node, Add(), [a.node, b.node], like: a)
    case (.activation(let a), .constant(let constant)), (.constant(let constant), .activation(let a)):
      try affine(node, a, factors: nil, summands: constant)
    case (.constant, .constant): throw unsupported(node, "two constants")
    }
  }

  private mutating func multiply(_ node: ONNXNode) throws(ImportError) {
    let (first, second) = (try value(node, 0), try value(node, 1))
    switch (first, second) {
    case (.activation(let a), .activation(let b)):
      guard a.dimensions == b.dimensions || a.isImage && b.isImage else {
        throw unsupported(node, "the inputs' dimensions differ")
      }
      if let function = gated(a, by: b) ?? gated(b, by: a) {
        return try append(node, function.op, [function.input.node], like: function.input)
      }
      let (values, factors) = graph.shape(a.node).pixels >= graph.shape(b.node).pixels ? (a, b) : (b, a)
      try append(node, Multiply(), [values.node, factors.node], like: values)
    case (.activation(let a), .constant(let constant)), (.constant(let constant), .activation(let a)):
      try affine(node, a, factors: constant, summands: nil)
    case (.constant, .constant): throw unsupported(node, "two constants")
    }
  }

  /// The function that `x * gate(x)` is, where it has a name: SiLU, HardSwish.
  private func gated(
    _ input: ONNXActivation, by gate: ONNXActivation
  ) -> (input: ONNXActivation, op: Activation)? {
    guard let node = graph.nodes.last(where: { $0.name == gate.node }), node.inputs == [input.node] else { return nil }
    switch node.op as? Activation {
    case .sigmoid?: return (input, .silu)
    case .hardSigmoid?: return (input, .hardSwish)
    default: return nil
    }
  }

  /// A constant's value for each channel.
  ///
  /// - Parameter fallback: for all channels where there is no constant.
  private func channelValues(
    _ node: ONNXNode, _ input: ONNXActivation, _ constant: ONNXConstant?, or fallback: Float = 0
  ) throws(ImportError) -> [Float] {
    let channels = graph.shape(input.node).channels
    guard let constant else { return [Float](repeating: fallback, count: channels) }
    // Shapes are aligned at their ends.
    let dimensions =
      [[ONNXActivation.Axis]](repeating: [], count: max(0, constant.shape.count - input.dimensions.count))
      + input.dimensions.suffix(constant.shape.count)
    guard constant.count == 1 || constant.count == channels,
      zip(constant.shape, dimensions).allSatisfy({ $0 == 1 || $1 == [.channels] })
    else { throw unsupported(node, "a constant \(constant.shape) is not one value for each channel") }
    let values = try reading { () throws(ONNXError) in try constant.floats() }
    return values.count == channels ? values : [Float](repeating: values[0], count: channels)
  }

  /// `x * factor + summand` for each channel, as a convolution of 1 x 1.
  private mutating func affine(
    _ node: ONNXNode, _ input: ONNXActivation, factors: ONNXConstant?, summands: ONNXConstant?
  ) throws(ImportError) {
    let channels = graph.shape(input.node).channels
    let values = try (
      factors: channelValues(node, input, factors, or: 1), summands: channelValues(node, input, summands)
    )
    let name = name(node)
    graph.insert(ComputedWeight(shape: [channels, 1, 1, 1], values: values.factors), as: "\(name).weight")
    graph.insert(ComputedWeight(shape: [channels], values: values.summands), as: "\(name).bias")
    let result = try graph.layer(
      .depthwise, name, input.node, Window(kernel: 1), outputs: channels, nil, weight: "\(name).weight",
      [channels, 1, 1, 1], bias: "\(name).bias")
    set(node, result, input.dimensions)
  }
}
