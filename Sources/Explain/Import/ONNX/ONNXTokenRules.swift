// Tokens of a transformer: an image's pixels, with class tokens before them and position embeddings added.

extension ONNXTranslator {
  /// Tokens before an image's at most.
  private static let largestPrefix = 64

  /// Whether the value is `[1, pixels, channels]` of an image.
  private func isPixels(_ activation: ONNXActivation) -> Bool {
    activation.dimensions == [[], [.rows, .columns], [.channels]]
  }

  /// Class tokens before an image's: `[1, n, channels]`, constants, and the image's at last.
  mutating func joinTokens(_ node: ONNXNode) throws(ImportError) -> Bool {
    guard [1, -2].contains(node.int("axis", 0)), let last = node.inputs.last, node.inputs.count > 1 else {
      return false
    }
    var tokens: ONNXTokens
    switch values[last] {
    case .tokens(let found)?: tokens = found
    case .activation(let image)? where isPixels(image): tokens = ONNXTokens(image: image)
    default: return false
    }
    let channels = graph.shape(tokens.image.node).channels
    var rows: [[Float]] = []
    for name in node.inputs.dropLast() {
      guard case .constant(let constant)? = values[name], constant.shape.count == 3, constant.shape[0] == 1,
        constant.shape[2] == channels, constant.shape[1] + rows.count <= Self.largestPrefix
      else { return false }
      let elements = try reading { () throws(ONNXError) in try constant.floats() }
      rows += (0..<constant.shape[1]).map { Array(elements[$0 * channels..<($0 + 1) * channels]) }
    }
    tokens.prefix = rows + tokens.prefix
    set(node, .tokens(tokens))
    return true
  }

  /// A value with position embeddings added; nil where the constant is none or the value is no tokens.
  func positioned(_ value: ONNXValue, _ constant: ONNXConstant) throws(ImportError) -> ONNXTokens? {
    var tokens: ONNXTokens
    switch value {
    case .tokens(let found): tokens = found
    case .activation(let image) where isPixels(image): tokens = ONNXTokens(image: image)
    default: return nil
    }
    let (shape, prefix) = (graph.shape(tokens.image.node), tokens.prefix.count)
    let expected = [prefix + shape.pixels, shape.channels]
    guard constant.shape.suffix(2) == expected[...], constant.count == expected[0] * expected[1],
      constant.shape.count <= 3
    else { return nil }
    let added = try reading { () throws(ONNXError) in try constant.floats() }
    for row in tokens.prefix.indices {
      for channel in 0..<shape.channels { tokens.prefix[row][channel] += added[row * shape.channels + channel] }
    }
    let positions = added[(prefix * shape.channels)...]
    tokens.positions = tokens.positions.map { zip($0, positions).map(+) } ?? Array(positions)
    return tokens
  }

  mutating func settle(_ tokens: ONNXTokens, of node: ONNXNode) throws(ImportError) -> ONNXActivation {
    let (shape, prefix) = (graph.shape(tokens.image.node), tokens.prefix.count)
    let name = name(node)
    var classToken: String?
    if prefix > 0 {
      let stored = prefix == 1 ? [shape.channels] : [prefix, shape.channels]
      let weight = ComputedWeight(shape: stored, values: tokens.prefix.flatMap(\.self))
      graph.insert(weight, as: "\(name).class_token")
      classToken = graph.parameter("\(name).class_token", stored, storedShape: stored)
    }
    let stored = [prefix + shape.pixels, shape.channels]
    // Those of the class tokens are in them already.
    let none = [Float](repeating: 0, count: prefix * shape.channels)
    let positions = tokens.positions ?? [Float](repeating: 0, count: shape.count)
    graph.insert(ComputedWeight(shape: stored, values: none + positions), as: "\(name).positions")
    let op = TokenEmbedding(
      prefix: prefix, classToken: classToken,
      positions: graph.parameter("\(name).positions", stored, storedShape: stored))
    let result = try graph.append(name, op, [tokens.image.node])
    grids[stored[0]] = TokenGrid(height: shape.height, width: shape.width, prefix: prefix)
    return ONNXActivation(result, [[], [.columns], [.channels]])
  }

  /// One token, all pixels, or a whole tensor with a factor.
  mutating func settle(_ view: ONNXView, of node: ONNXNode) throws(ImportError) -> ONNXActivation {
    let shape = graph.shape(view.node)
    if view.factor != 1 {
      var unscaled = view
      unscaled.factor = 1
      if let whole = unscaled.whole(shape) { return try scale(whole, by: view.factor, node) }
      return try scale(try settle(unscaled, of: node), by: view.factor, node)
    }
    let channels = ONNXView.Part(axis: .channels, stride: 1, length: shape.channels)
    let tokens = view.dimensions.flatMap(\.self).filter { $0.axis == .columns }
    let others = view.dimensions.flatMap(\.self).filter { $0.axis != .columns }
    guard shape.height == 1, others == [channels], view.first[.channels] == nil else {
      return try copy(view, for: node)
    }
    let first = view.first[.columns] ?? 0
    if tokens.isEmpty {
      let result = try graph.append(name(node), FirstToken(index: first), [view.node])
      return ONNXActivation(result, view.dimensions.map { $0.map(\.axis) })
    }
    guard let grid = grids[shape.width], grid.prefix == first,
      tokens == [ONNXView.Part(axis: .columns, stride: 1, length: grid.height * grid.width)]
    else { return try copy(view, for: node) }
    let op = ImageTokens(height: grid.height, width: grid.width, prefix: grid.prefix)
    let result = try graph.append(name(node), op, [view.node])
    let axes = [ONNXActivation.Axis.rows, .columns].filter { graph.shape(result).length($0) > 1 }
    return ONNXActivation(result, view.dimensions.map { $0.flatMap { $0.axis == .columns ? axes : [$0.axis] } })
  }
}

/// Where the tokens of an image have come from.
struct TokenGrid {
  var height, width: Int
  /// Tokens before them.
  var prefix: Int
}
