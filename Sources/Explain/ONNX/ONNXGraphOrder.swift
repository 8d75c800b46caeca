extension ONNXGraph {
  /// Checks that every value is defined once and every input is defined, turns `Constant` nodes into tensors, and sorts.
  mutating func resolve() throws(ONNXError) {
    try takeConstants()
    inputs.removeAll { tensors[$0.name] != nil }
    var sources = try self.sources()
    for (index, node) in nodes.enumerated() {
      for output in node.outputs where !output.isEmpty {
        guard sources.updateValue(.node(index), forKey: output) == nil else { throw .duplicateValue(output) }
      }
    }
    for node in nodes {
      for input in node.inputs where !input.isEmpty && sources[input] == nil {
        throw .missingInput(node: node.label, opType: node.opType, input: input)
      }
    }
    for output in outputs where sources[output.name] == nil { throw .missingOutput(output.name) }
    try sort(sources)
  }

  private enum Source {
    case given
    case node(Int)
  }

  /// Names of values that are no node's output.
  private func sources() throws(ONNXError) -> [String: Source] {
    var sources = tensors.mapValues { _ in Source.given }
    for input in inputs {
      guard sources.updateValue(.given, forKey: input.name) == nil else { throw .duplicateValue(input.name) }
    }
    return sources
  }

  /// Moves the values of `Constant` nodes to the tensors. A constant string stays a node.
  private mutating func takeConstants() throws(ONNXError) {
    var kept: [ONNXNode] = []
    for node in nodes {
      guard let tensor = node.constant else {
        kept.append(node)
        continue
      }
      guard tensors.updateValue(tensor, forKey: tensor.name) == nil else { throw .duplicateValue(tensor.name) }
    }
    nodes = kept
  }

  /// Sorts topologically, depth first from the nodes in file order. Nodes that are sorted already keep their order.
  private mutating func sort(_ sources: [String: Source]) throws(ONNXError) {
    enum State { case new, open, done }
    var states = [State](repeating: .new, count: nodes.count)
    var order: [Int] = []
    order.reserveCapacity(nodes.count)
    // A stack of our own: the file decides how long a chain is.
    var way: [(node: Int, needs: ArraySlice<Int>)] = []
    func enter(_ index: Int) {
      states[index] = .open
      let needs = nodes[index].reads.compactMap { name in
        if case .node(let source)? = sources[name] { source } else { nil as Int? }
      }
      way.append((index, needs[...]))
    }
    for start in nodes.indices where states[start] == .new {
      enter(start)
      while let last = way.indices.last {
        guard let next = way[last].needs.popFirst() else {
          states[way[last].node] = .done
          order.append(way.removeLast().node)
          continue
        }
        switch states[next] {
        case .new: enter(next)
        case .open: throw .cycle(node: nodes[next].label, opType: nodes[next].opType)
        case .done: break
        }
      }
    }
    nodes = order.map { nodes[$0] }
  }
}

extension ONNXNode {
  /// The value of a `Constant`, named as its output; nil for other nodes and for strings.
  fileprivate var constant: ONNXTensor? {
    guard opType == "Constant", domain.isEmpty, let name = outputs.first, !name.isEmpty, attributes.count == 1,
      let (key, value) = attributes.first
    else { return nil }
    switch (key, value) {
    case ("value", .tensor(var tensor)):
      tensor.name = name
      return tensor
    case ("value_float", .float(let value)): return ONNXTensor([value], shape: [], .float, name: name)
    case ("value_floats", .floats(let values)): return ONNXTensor(values, shape: [values.count], .float, name: name)
    case ("value_int", .int(let value)): return ONNXTensor([value], shape: [], .int64, name: name)
    case ("value_ints", .ints(let values)): return ONNXTensor(values, shape: [values.count], .int64, name: name)
    default: return nil
    }
  }
}
