// Values that were only followed so far become nodes of ours.

extension ONNXTranslator {
  /// A whole tensor of an input's values.
  mutating func activation(_ node: ONNXNode, _ index: Int) throws(ImportError) -> ONNXActivation {
    switch try value(node, index) {
    case .activation(let activation): return activation
    case .constant: throw unsupported(node, "input \(index) is a constant")
    default: return try settle(node.inputs[index])
    }
  }

  /// A whole tensor of a value that is no constant.
  mutating func settle(_ name: String) throws(ImportError) -> ONNXActivation {
    if case .activation(let activation)? = values[name] { return activation }
    guard let value = values[name], let index = producers[name] else { throw .onnx(.missingOutput(name)) }
    let node = model.graph.nodes[index]
    let result: ONNXActivation
    switch value {
    case .constant, .activation: throw unsupported(node, "the result does not depend on the image")
    case .view(let view): result = try settle(view, of: node)
    case .formula(let formula): result = try settle(formula, of: node)
    case .normalized(let normalization): result = try settle(normalization, of: node)
    case .tokens(let tokens): result = try settle(tokens, of: node)
    case .padded(let padding): result = try settle(padding, of: node)
    case .scores(let scores): result = try settle(try product(scores, for: node), of: node)
    }
    values[name] = .activation(result)
    return result
  }

  private mutating func settle(_ formula: ONNXFormula, of node: ONNXNode) throws(ImportError) -> ONNXActivation {
    if case .tensor(let input) = formula.argument {
      if formula.isIdentity { return input }
      if let function = formula.named {
        return ONNXActivation(try graph.append(name(node), function, [input.node]), input.dimensions)
      }
      if let factor = formula.factor { return try scale(input, by: factor, node) }
    }
    // No function with a name: node by node.
    guard let rule = Self.plainRules[node.opType] else {
      throw unsupported(node, "\(node.opType) is understood in activation functions and layer normalization alone")
    }
    try rule(&self, node)
    guard case .activation(let result)? = values[node.outputs[0]] else {
      throw unsupported(node, "its use here is not supported")
    }
    return result
  }

  /// A node's first input as a view.
  mutating func inputView(_ node: ONNXNode) throws(ImportError) -> ONNXView {
    if case .constant = try value(node, 0) { throw unsupported(node, "input 0 is a constant") }
    return try view(node.inputs[0])
  }

  /// A tensor or view as a view.
  mutating func view(_ name: String) throws(ImportError) -> ONNXView {
    switch values[name] {
    case .view(let view)?: return view
    case .scores(let scores)?:
      guard let index = producers[name] else { break }
      let view = try product(scores, for: model.graph.nodes[index])
      values[name] = .view(view)
      return view
    case .formula(let formula)?:
      if case .tensor(let input) = formula.argument, let factor = formula.factor {
        var view = ONNXView(input, graph.shape(input.node))
        view.factor = factor
        return view
      }
    default: break
    }
    let activation = try settle(name)
    return ONNXView(activation, graph.shape(activation.node))
  }

  /// Lengths of the dimensions as the ONNX graph has them; nil where they do not matter to what the value is part of.
  func lengths(_ value: ONNXValue) -> [Int]? {
    switch value {
    case .constant(let constant): constant.shape
    case .activation(let activation): lengths(activation)
    case .view(let view): view.lengths
    case .formula(let formula):
      switch formula.argument {
      case .tensor(let input), .centered(let input): lengths(input)
      case .mean, .variance: nil
      }
    case .normalized(let normalization): lengths(normalization.input)
    case .tokens(let tokens):
      [1, tokens.prefix.count + graph.shape(tokens.image.node).pixels, graph.shape(tokens.image.node).channels]
    case .scores: nil
    case .padded(let padding):
      zip(lengths(padding.image), [0, 0, padding.top + padding.bottom, padding.left + padding.right]).map { $0 + $1 }
    }
  }

  /// Lengths of the dimensions as the ONNX graph has them.
  func lengths(_ activation: ONNXActivation) -> [Int] {
    let shape = graph.shape(activation.node)
    return activation.dimensions.map { $0.reduce(1) { $0 * shape.length($1) } }
  }

  /// Sets a view, as a tensor where it is a whole one.
  mutating func set(_ output: String, _ view: ONNXView) {
    values[output] = view.whole(graph.shape(view.node)).map(ONNXValue.activation) ?? .view(view)
  }
}
