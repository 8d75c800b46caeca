// Attention that is written out: products of parts of the same tokens, with a softmax between them.

extension ONNXTranslator {
  static let attentionRules: [String: Rule] = [
    "Attention": { translator, node throws(ImportError) in try translator.attention(node) }
  ]

  /// Attention as one node: `[1, heads, tokens, depth]`, or `[1, tokens, heads * depth]`.
  private mutating func attention(_ node: ONNXNode) throws(ImportError) {
    guard node.inputs.count >= 3, node.inputs.dropFirst(4).allSatisfy(\.isEmpty), node.int("is_causal", 0) == 0,
      node.float("softcap", 0) == 0
    else { throw unsupported(node, "causal attention, past keys and values, and softcap are not supported") }
    var views: [ONNXView] = []
    for (index, attribute) in ["q_num_heads", "kv_num_heads", "kv_num_heads"].enumerated() {
      if case .constant = try value(node, index) { throw unsupported(node, "input \(index) is a constant") }
      var view = try view(node.inputs[index])
      if view.dimensions.count == 3 {
        let (lengths, heads) = (view.lengths, node.int(attribute, 1))
        guard heads > 0, lengths[2].isMultiple(of: heads),
          let split = view.regrouped([lengths[0], lengths[1], heads, lengths[2] / heads])
        else { throw unsupported(node, "\(lengths[2]) channels do not make \(heads) heads") }
        view = split
        view.dimensions.swapAt(1, 2)
      }
      views.append(view)
    }
    guard views.allSatisfy({ $0.dimensions.count == 4 }) else {
      throw unsupported(node, "queries, keys and values are not [1, heads, tokens, depth]")
    }
    var keys = views[1]
    keys.dimensions.swapAt(2, 3)
    let depth = Double(views[0].lengths[3])
    let factor = node.attributes["scale"] == nil ? 1 / depth.squareRoot() : Double(node.float("scale", 1))
    let scores = ONNXScores(
      queries: views[0], keys: keys, factor: factor, bias: try constant(node, 3), isSoftmax: true)
    guard try attend(node, scores, views[2]) else {
      throw unsupported(node, "this is no attention among the tokens of one tensor")
    }
    guard lengths(try value(node, 0))?.count == 3 else { return }
    // Back to [1, tokens, heads * depth].
    var result = try view(node.outputs[0])
    result.dimensions.swapAt(1, 2)
    guard let joined = result.regrouped([1, views[2].lengths[2], views[2].lengths[1] * views[2].lengths[3]]) else {
      throw unsupported(node, "heads cannot be put together")
    }
    set(node.outputs[0], joined)
  }

  /// A product of two activations: queries and keys, or attention and values.
  mutating func attentionProduct(_ node: ONNXNode) throws(ImportError) {
    if case .scores(let scores) = try value(node, 0), scores.isSoftmax {
      let values = try view(node.inputs[1])
      if try attend(node, scores, values) { return }
    }
    set(node, .scores(ONNXScores(queries: try view(node.inputs[0]), keys: try view(node.inputs[1]))))
  }

  /// - Returns: whether the node's input is a product of queries and keys.
  mutating func attentionSoftmax(_ node: ONNXNode) throws(ImportError) -> Bool {
    guard case .scores(var scores) = try value(node, 0) else { return false }
    let axis = node.int("axis", -1)
    guard !scores.isSoftmax, axis == -1 || axis == scores.queries.dimensions.count - 1 else { return false }
    scores.isSoftmax = true
    set(node, .scores(scores))
    return true
  }

  /// - Returns: whether this is the attention of tokens to each other that one operator computes.
  private mutating func attend(
    _ node: ONNXNode, _ scores: ONNXScores, _ values: ONNXView
  ) throws(ImportError) -> Bool {
    var keys = scores.keys
    if keys.dimensions.count > 1 { keys.dimensions.swapAt(keys.dimensions.count - 1, keys.dimensions.count - 2) }
    guard let queries = heads(scores.queries), let keys = heads(keys), let values = heads(values),
      queries.count == keys.count, queries.count == values.count, queries.depth == keys.depth,
      queries.depth == values.depth, queries.tokens == keys.tokens, queries.tokens == values.tokens
    else { return false }
    let factor =
      scores.factor * scores.queries.factor * scores.keys.factor * Double(queries.depth).squareRoot()
    guard
      let input = try queriesKeysValues(node, [queries, keys, values], factors: [factor, 1, values.view.factor])
    else { return false }
    let name = name(node)
    let bias = try scores.bias.map { constant throws(ImportError) in
      try attentionBias(constant, "\(name).bias", node, heads: queries.count, tokens: queries.tokens)
    }
    let result = try graph.append(name, Attention(heads: queries.count, bias: bias), [input])
    let parts = [
      ONNXView.Part(axis: .channels, stride: queries.depth, length: queries.count),
      ONNXView.Part(axis: .columns, stride: 1, length: queries.tokens),
      ONNXView.Part(axis: .channels, stride: 1, length: queries.depth),
    ]
    var view = values.view
    (view.node, view.first, view.factor) = (result, [:], 1)
    let rank = view.dimensions.count
    for index in 0..<rank - 2 where !view.dimensions[index].isEmpty { view.dimensions[index] = [parts[0]] }
    (view.dimensions[rank - 2], view.dimensions[rank - 1]) = ([parts[1]], [parts[2]])
    set(node.outputs[0], view)
    return true
  }

  /// What is added to the scores of every head.
  private mutating func attentionBias(
    _ constant: ONNXConstant, _ name: String, _ node: ONNXNode, heads: Int, tokens: Int
  ) throws(ImportError) -> String {
    let shape = [heads, tokens, tokens]
    guard constant.shape.drop(while: { $0 == 1 }) == shape.drop(while: { $0 == 1 }) else {
      throw unsupported(node, "a bias \(constant.shape) is not one for each head and each pair of \(tokens) tokens")
    }
    graph.insert(try reading { () throws(ONNXError) in try constant.weight(shape: shape) }, as: name)
    return graph.parameter(name, shape, storedShape: shape)
  }

  /// Queries, keys or values, as heads of channels.
  private struct Heads {
    var view: ONNXView
    var count, depth, tokens: Int
    /// Elements from one head to the next, and from one channel of a head to the next.
    var headStride, depthStride: Int

    /// Channels of the view's node, head by head.
    var channels: [Int] {
      let first = view.first[.channels] ?? 0
      return (0..<count * depth).map { first + $0 / depth * headStride + $0 % depth * depthStride }
    }
  }

  /// Nil where the view is not `[..., heads, tokens, depth]` of all tokens.
  private func heads(_ view: ONNXView) -> Heads? {
    let shape = graph.shape(view.node)
    let rank = view.dimensions.count
    guard rank >= 2, shape.height == 1, view.first.keys.allSatisfy({ $0 == .channels }) else { return nil }
    let heads = view.dimensions.dropLast(2).flatMap(\.self)
    guard view.dimensions[rank - 2] == [ONNXView.Part(axis: .columns, stride: 1, length: shape.width)],
      let depth = view.dimensions[rank - 1].first, view.dimensions[rank - 1].count == 1, depth.axis == .channels,
      heads.count <= 1, heads.allSatisfy({ $0.axis == .channels })
    else { return nil }
    return Heads(
      view: view, count: heads.first?.length ?? 1, depth: depth.length, tokens: shape.width,
      headStride: heads.first?.stride ?? 0, depthStride: depth.stride)
  }

  /// The node that yields queries, keys and values one after the other; nil where no single one can.
  ///
  /// - Parameter factors: what each of them is to be multiplied by.
  private mutating func queriesKeysValues(
    _ node: ONNXNode, _ parts: [Heads], factors: [Double]
  ) throws(ImportError) -> String? {
    let nodes = parts.map(\.view.node)
    let channels = parts.map(\.channels)
    let isUnscaled = factors.allSatisfy { abs($0 - 1) < 1e-5 }
    let width = graph.shape(nodes[0]).channels
    if isUnscaled, Set(nodes).count == 1, channels.flatMap(\.self) == Array(0..<width) { return nodes[0] }
    let scales = zip(channels, factors).flatMap { [Double](repeating: $1, count: $0.count) }
    let name = name(label: "\(name(node)).qkv")
    if let stacked = try graph.stackedLinear(
      name, zip(nodes, channels).map { (node: $0, channels: $1) }, factors: scales)
    {
      return stacked
    }
    guard isUnscaled, zip(nodes, channels).allSatisfy({ Array(0..<graph.shape($0).channels) == $1 }) else {
      return nil
    }
    return try graph.append(name, Concat(), nodes)
  }
}
