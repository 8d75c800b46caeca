extension Graph {
  /// The shape of every node's tensor, and of the input.
  ///
  /// Checks all that can be checked without weights: names, order, attributes and shapes. Arithmetic cannot overflow,
  /// because every operand is bounded by `GraphLimits` first.
  public func inferShapes() throws(GraphError) -> [String: Shape] {
    guard inputShape.isPossible else { throw .badInputShape(inputShape) }
    guard nodes.count <= GraphLimits.nodes else { throw .tooManyNodes(nodes.count) }
    var names: Set<String> = [input]
    for (index, node) in nodes.enumerated() {
      guard !node.name.isEmpty else { throw .emptyName(index: index) }
      guard names.insert(node.name).inserted else { throw .duplicateName(node.name) }
    }
    var shapes = [input: inputShape]
    var work = 0
    for node in nodes {
      var inputs: [Shape] = []
      for name in node.inputs {
        guard names.contains(name) else { throw .unknownInput(node: node.name, input: name) }
        guard let shape = shapes[name] else { throw .inputNotYetComputed(node: node.name, input: name) }
        inputs.append(shape)
      }
      let shape = try node.outputShape(inputs)
      shapes[node.name] = shape
      work += node.op.work(inputs, shape)
      guard work <= GraphLimits.work else { throw .tooMuchWork(node: node.name, limit: GraphLimits.work) }
    }
    guard output != input, shapes[output] != nil else { throw .unknownOutput(output) }
    return shapes
  }
}

extension Shape {
  /// Positive, and within the bounds of `GraphLimits`.
  var isPossible: Bool {
    (1...GraphLimits.side).contains(height) && (1...GraphLimits.side).contains(width)
      && (1...GraphLimits.channels).contains(channels) && count <= GraphLimits.elements
  }
}

extension Node {
  /// The shape that the operator yields for inputs of these (possible) shapes.
  func outputShape(_ inputs: [Shape]) throws(GraphError) -> Shape {
    guard op.inputCounts.contains(inputs.count) else {
      throw .wrongInputCount(node: name, expected: op.inputCounts, found: inputs.count)
    }
    let shape = try op.outputShape(inputs, node: name)
    guard shape.isPossible else { throw .tensorTooLarge(node: name, shape) }
    return shape
  }
}
