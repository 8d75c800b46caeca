// Operators that compute nothing: other shapes and orders of the same elements.

extension ONNXTranslator {
  static let shapeRules: [String: Rule] = [
    "Flatten": { translator, node throws(ImportError) in try translator.flatten(node) },
    "Reshape": { translator, node throws(ImportError) in try translator.reshape(node) },
    "Transpose": { translator, node throws(ImportError) in try translator.transpose(node) },
    "Squeeze": { translator, node throws(ImportError) in try translator.squeeze(node) },
    "Unsqueeze": { translator, node throws(ImportError) in try translator.unsqueeze(node) },
  ]

  /// Lengths of the dimensions as the ONNX graph has them.
  func lengths(_ activation: ONNXActivation) -> [Int] {
    let shape = graph.shape(activation.node)
    return activation.dimensions.map { $0.reduce(1) { $0 * shape.length($1) } }
  }

  private mutating func flatten(_ node: ONNXNode) throws(ImportError) {
    let input = try activation(node, 0)
    let rank = input.dimensions.count
    let axis = node.int("axis", 1)
    let split = axis < 0 ? axis + rank : axis
    guard (0...rank).contains(split) else { throw unsupported(node, "axis \(axis) is out of range") }
    set(
      node, input.node,
      [input.dimensions[..<split].flatMap(\.self), input.dimensions[split...].flatMap(\.self)])
  }

  private mutating func reshape(_ node: ONNXNode) throws(ImportError) {
    let input = try activation(node, 0)
    guard let target = try constant(node, 1) else { throw unsupported(node, "the shape is missing") }
    let given = try reading { () throws(ONNXError) in try target.integers() }
    let old = self.lengths(input)
    guard let lengths = Reshaping(to: given, keepsZeros: node.int("allowzero", 0) != 0).lengths(of: old) else {
      throw unsupported(node, "\(old) does not become \(given)")
    }
    set(node, input.node, try regroup(node, input, lengths))
  }

  /// Shares the axes out among dimensions of these lengths.
  private func regroup(
    _ node: ONNXNode, _ input: ONNXActivation, _ lengths: [Int]
  ) throws(ImportError) -> [[ONNXActivation.Axis]] {
    let shape = graph.shape(input.node)
    var rest = input.order[...]
    var dimensions: [[ONNXActivation.Axis]] = []
    for length in lengths {
      var (axes, reached): ([ONNXActivation.Axis], Int) = ([], 1)
      while reached < length, let axis = rest.popFirst() {
        axes.append(axis)
        reached *= shape.length(axis)
      }
      guard reached == length else { throw unsupported(node, "channels are split, which is not supported here") }
      dimensions.append(axes)
    }
    return dimensions
  }

  private mutating func transpose(_ node: ONNXNode) throws(ImportError) {
    let input = try activation(node, 0)
    let order = node.ints("perm") ?? Array(input.dimensions.indices.reversed())
    guard order.sorted() == Array(input.dimensions.indices) else { throw unsupported(node, "perm is no order") }
    set(node, input.node, order.map { input.dimensions[$0] })
  }

  private func axes(_ node: ONNXNode, rank: Int) throws(ImportError) -> Set<Int>? {
    var axes = node.ints("axes")
    if let constant = try constant(node, 1) { axes = try reading { () throws(ONNXError) in try constant.integers() } }
    return axes.map { Set($0.map { $0 < 0 ? $0 + rank : $0 }) }
  }

  private mutating func squeeze(_ node: ONNXNode) throws(ImportError) {
    let input = try activation(node, 0)
    let removed =
      try axes(node, rank: input.dimensions.count)
      ?? Set(input.dimensions.indices.filter { input.dimensions[$0].isEmpty })
    guard removed.allSatisfy({ input.dimensions.indices.contains($0) && input.dimensions[$0].isEmpty }) else {
      throw unsupported(node, "a dimension longer than 1 is squeezed")
    }
    set(node, input.node, input.dimensions.indices.filter { !removed.contains($0) }.map { input.dimensions[$0] })
  }

  private mutating func unsqueeze(_ node: ONNXNode) throws(ImportError) {
    let input = try activation(node, 0)
    // Axes count in the result's dimensions.
    var count = node.ints("axes")?.count ?? 0
    if let constant = try constant(node, 1) { count = constant.count }
    guard let added = try axes(node, rank: input.dimensions.count + count) else { throw unsupported(node, "no axes") }
    var dimensions = input.dimensions
    for axis in added.sorted() {
      guard (0...dimensions.count).contains(axis) else { throw unsupported(node, "axis \(axis) is out of range") }
      dimensions.insert([], at: axis)
    }
    set(node, input.node, dimensions)
  }
}
