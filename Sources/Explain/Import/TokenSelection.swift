extension GraphBuilder {
  /// Has the layers behind the last attention compute the one token that is read of them alone.
  mutating func selectTokensEarly(output: String) throws(ImportError) {
    // What the network yields keeps its name.
    guard !nodes.contains(where: { $0.name == output && $0.op is FirstToken }) else { return }
    var wanted = WantedTokens(output: output)
    for node in nodes.reversed() { wanted.note(node, self) }
    guard !wanted.isEmpty else { return }
    var selected: [Selection: String] = [:]
    var aliases: [String: String] = [:]
    var result: [Node] = []
    var names = Set(shapes.keys)
    for var node in nodes {
      node.inputs = node.inputs.map { aliases[$0] ?? $0 }
      if let token = node.op as? FirstToken {
        let selection = Selection(node: node.inputs[0], index: token.index)
        if wanted.isReduced(selection.node) {
          aliases[node.name] = selection.node
          continue
        }
        if let earlier = selected[selection] {
          aliases[node.name] = earlier
          continue
        }
        selected[selection] = node.name
      } else if let index = wanted.index(of: node.name) {
        for place in node.inputs.indices where !wanted.isReduced(node.inputs[place]) {
          let selection = Selection(node: node.inputs[place], index: index)
          if selected[selection] == nil {
            let name = freeName("\(selection.node).token", &names)
            result.append(Node(name, FirstToken(index: index), [selection.node]))
            selected[selection] = name
          }
          node.inputs[place] = selected[selection] ?? selection.node
        }
      }
      result.append(node)
    }
    try setNodes(result)
  }

  private struct Selection: Hashable {
    var node: String
    var index: Int
  }

  private func freeName(_ name: String, _ names: inout Set<String>) -> String {
    let free = names.contains(name) ? (2...).lazy.map { "\(name).\($0)" }.first { !names.contains($0) } ?? name : name
    names.insert(free)
    return free
  }
}

/// Which of their tokens nodes are read for.
private struct WantedTokens {
  private enum Tokens: Equatable {
    case all
    case one(Int)
  }

  private var tokens: [String: Tokens] = [:]
  /// Nodes that can compute one token alone.
  private var reduced: [String: Int] = [:]

  init(output: String) { tokens[output] = .all }

  var isEmpty: Bool { reduced.isEmpty }
  func isReduced(_ node: String) -> Bool { reduced[node] != nil }
  func index(of node: String) -> Int? { reduced[node] }

  /// - Parameter node: whose readers have been noted.
  mutating func note(_ node: Node, _ graph: GraphBuilder) {
    var wanted = Tokens.all
    if let token = node.op as? FirstToken {
      wanted = .one(token.index)
    } else if case .one(let index)? = tokens[node.name], node.isTokenwise(node.inputs.map(graph.shape)) {
      reduced[node.name] = index
      wanted = .one(index)
    }
    for input in node.inputs {
      if tokens[input] == nil { tokens[input] = wanted } else if tokens[input] != wanted { tokens[input] = .all }
    }
  }
}

extension Node {
  /// Whether each token of the result is computed of the same token of every input, and of nothing else.
  fileprivate func isTokenwise(_ inputs: [Shape]) -> Bool {
    guard inputs.allSatisfy({ $0.height == 1 && $0.width == inputs[0].width }) else { return false }
    switch op {
    case is LayerNorm, is Activation, is Add, is PReLU, is Concat: return true
    case is Multiply: return inputs[0] == inputs[1]
    case let convolution as Convolution: return convolution.window == Window(kernel: 1)
    case let convolution as DepthwiseConvolution: return convolution.window == Window(kernel: 1)
    default: return false
    }
  }
}
