/// Nodes in the order of a graph, in which every input comes before its reader.
extension [Node] {
  /// Those that some results depend on.
  ///
  /// - Parameter given: nodes whose results are there already, so that nothing in front of them is needed.
  func needed(for outputs: Set<String>, given: Set<String> = []) -> [Node] {
    var wanted = outputs
    var nodes: [Node] = []
    for node in reversed() where wanted.contains(node.name) && !given.contains(node.name) {
      nodes.append(node)
      wanted.formUnion(node.inputs)
    }
    return nodes.reversed()
  }

  /// Positions of the nodes whose result all of the later computation passes through, the last one's included.
  ///
  /// - Parameter input: what the first nodes read.
  /// - Precondition: the last node depends on all others.
  func bottlenecks(input: String) -> [Int] {
    // The last node that reads each result, the picture included.
    var lastReader: [String: Int] = [:]
    for (index, node) in enumerated() {
      for name in node.inputs { lastReader[name] = index }
    }
    var reach = lastReader[input] ?? 0
    var positions: [Int] = []
    for (index, node) in enumerated() {
      if reach <= index { positions.append(index) }
      reach = Swift.max(reach, lastReader[node.name] ?? 0)
    }
    return positions
  }
}

extension [Node] {
  /// Nodes whose results hold no negative value, as far as their operators tell.
  var nonNegative: Set<String> {
    var names: Set<String> = []
    for node in self where node.op.isNonNegative(node.inputs.map(names.contains)) { names.insert(node.name) }
    return names
  }
}
