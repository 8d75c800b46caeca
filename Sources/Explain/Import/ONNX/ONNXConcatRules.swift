// Tensors one after the other.

extension ONNXTranslator {
  mutating func concat(_ node: ONNXNode) throws(ImportError) {
    if try joinTokens(node) { return }
    var inputs: [ONNXActivation] = []
    for index in node.inputs.indices { inputs.append(try part(node, index)) }
    guard let first = inputs.first else { throw unsupported(node, "nothing to join") }
    let rank = first.dimensions.count
    let axis = node.int("axis", 1) < 0 ? node.int("axis", 1) + rank : node.int("axis", 1)
    guard first.dimensions.indices.contains(axis), inputs.allSatisfy({ $0.dimensions.count == rank }) else {
      throw unsupported(node, "the inputs' dimensions differ")
    }
    guard inputs.count > 1 else { return set(node, .activation(first)) }
    if rank == 4, axis == 1, !inputs.allSatisfy({ $0.differs(from: first, onlyInChannelsAt: axis) }) {
      for index in node.inputs.indices { inputs[index] = try image(node, index) }
    }
    if inputs.allSatisfy({ $0.differs(from: inputs[0], onlyInChannelsAt: axis) }) {
      let result = try graph.append(name(node), Concat(), inputs.map(\.node))
      var dimensions = inputs[0].dimensions
      dimensions[axis] = [.channels]
      return set(node, result, dimensions)
    }
    if inputs.allSatisfy({ $0.dimensions == first.dimensions }), first.dimensions[axis].isEmpty,
      first.dimensions.contains([.channels])
    {
      return try stack(node, inputs.map(\.node), like: first, axis)
    }
    try join(node, inputs, axis)
  }

  /// A tensor; a constant token `[1, 1, channels]` becomes one of the other's tokens, times 0, with the constant added.
  private mutating func part(_ node: ONNXNode, _ index: Int) throws(ImportError) -> ONNXActivation {
    guard case .constant(let constant) = try value(node, index) else { return try activation(node, index) }
    for (other, input) in node.inputs.enumerated() where other != index {
      if case .constant? = values[input] { continue }
      let tokens = try activation(node, other)
      guard tokens.dimensions == [[], [.columns], [.channels]],
        constant.shape == [1, 1, graph.shape(tokens.node).channels],
        let token = ONNXView(tokens, graph.shape(tokens.node)).sliced(1, 0..<1)
      else { continue }
      let summands = try reading { () throws(ONNXError) in try constant.floats() }
      let zeros = [Float](repeating: 0, count: summands.count)
      return try affine("\(name(node)).constant", try copy(token, for: node), zeros, summands)
    }
    throw unsupported(node, "input \(index) is a constant")
  }

  /// Tensors of one shape along a new dimension: groups of channels.
  private mutating func stack(
    _ node: ONNXNode, _ inputs: [String], like first: ONNXActivation, _ axis: Int
  ) throws(ImportError) {
    let result = try graph.append(name(node), Concat(), inputs)
    let shape = graph.shape(inputs[0])
    var view = ONNXView(first, shape)
    view.node = result
    view.dimensions[axis] = [ONNXView.Part(axis: .channels, stride: shape.channels, length: inputs.count)]
    set(node.outputs[0], view)
  }

  /// Along any dimension: what lies behind it becomes the channels, what lies before it the pixels.
  private mutating func join(_ node: ONNXNode, _ inputs: [ONNXActivation], _ axis: Int) throws(ImportError) {
    var (parts, lengths): ([String], [[Int]]) = ([], [])
    for input in inputs {
      let view = ONNXView(input, graph.shape(input.node))
      parts.append(
        try copy(
          view, rows: [], columns: view.dimensions[..<axis].flatMap(\.self),
          channels: view.dimensions[axis...].flatMap(\.self), for: node))
      lengths.append(view.lengths)
    }
    var joined = lengths[0]
    guard lengths.allSatisfy({ $0[..<axis] == joined[..<axis] && $0[(axis + 1)...] == joined[(axis + 1)...] }) else {
      throw unsupported(node, "\(lengths) differ in more than one dimension")
    }
    joined[axis] = lengths.reduce(0) { $0 + $1[axis] }
    let result = try graph.append(name(node), Concat(), parts)
    let dimensions =
      ONNXView.Part.nested(.columns, lengths: Array(joined[..<axis]))
      + ONNXView.Part.nested(.channels, lengths: Array(joined[axis...]))
    set(node.outputs[0], ONNXView(node: result, dimensions: dimensions))
  }
}

extension ONNXActivation {
  /// Whether all dimensions but one run over the same as another tensor's, and this one over channels.
  fileprivate func differs(from other: ONNXActivation, onlyInChannelsAt axis: Int) -> Bool {
    guard dimensions.count == other.dimensions.count, dimensions[axis].allSatisfy({ $0 == .channels }) else {
      return false
    }
    return dimensions.indices.allSatisfy {
      $0 == axis || dimensions[$0] == other.dimensions[$0] && !dimensions[$0].contains(.channels)
    }
  }
}
