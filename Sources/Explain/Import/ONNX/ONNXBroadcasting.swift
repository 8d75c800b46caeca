import Kernels

// Sums and products of tensors of more than three dimensions, element by element, and constants that vary along several.

extension ONNXTranslator {
  /// Both inputs of a node as views, where one of them has more dimensions than a tensor of ours; a constant becomes a tensor.
  mutating func deepOperands(_ node: ONNXNode) throws(ImportError) -> (ONNXView, ONNXView)? {
    guard node.inputs.count == 2, let first = values[node.inputs[0]], let second = values[node.inputs[1]],
      isDeep(first) || isDeep(second)
    else { return nil }
    return try operandViews(node)
  }

  /// Both inputs of a node as views.
  mutating func operandViews(_ node: ONNXNode) throws(ImportError) -> (ONNXView, ONNXView) {
    switch (try value(node, 0), try value(node, 1)) {
    case (.constant(let constant), _):
      let other = try view(node.inputs[1])
      return (try view(constant, beside: other.node, for: node), other)
    case (_, .constant(let constant)):
      let other = try view(node.inputs[0])
      return (other, try view(constant, beside: other.node, for: node))
    default: return (try view(node.inputs[0]), try view(node.inputs[1]))
    }
  }

  /// Whether a value has more than three dimensions that are longer than 1.
  func isDeep(_ value: ONNXValue) -> Bool {
    func depth(_ view: ONNXView) -> Int { view.dimensions.count { !$0.isEmpty } }
    return switch value {
    case .view(let view): depth(view) > 3
    case .scores(let scores): max(depth(scores.queries), depth(scores.keys)) > 3
    default: false
    }
  }

  /// A tensor with a constant's values.
  ///
  /// - Parameter other: a node of ours that comes before.
  mutating func view(
    _ constant: ONNXConstant, beside other: String, for node: ONNXNode
  ) throws(ImportError) -> ONNXView {
    guard constant.count > 0 else { throw unsupported(node, "a constant \(constant.shape) is empty") }
    var lengths = constant.shape
    while lengths.count < 2 { lengths.insert(1, at: 0) }
    let (channels, columns) = (lengths[lengths.count - 1], lengths[lengths.count - 2])
    let outer = Array(lengths.dropLast(2))
    let shape = Shape(outer.reduce(1, *), columns, channels)
    let stored = [shape.height, shape.width, shape.channels]
    let name = name(label: "\(name(node)).constant")
    graph.insert(try reading { () throws(ONNXError) in try constant.weight(shape: stored) }, as: "\(name).values")
    let values = graph.parameter("\(name).values", stored, storedShape: stored)
    let result = try graph.append(name, Constant(shape: shape, values: values), [other])
    let dimensions =
      ONNXView.Part.nested(.rows, lengths: outer) + ONNXView.Part.nested(.columns, lengths: [columns])
      + ONNXView.Part.nested(.channels, lengths: [channels])
    return ONNXView(node: result, dimensions: Array(dimensions.suffix(constant.shape.count)))
  }

  /// A sum or product of two tensors, the elements of each repeated along dimensions in which it has only one.
  mutating func combine(
    _ first: ONNXView, _ second: ONNXView, by op: any GraphOperator, for node: ONNXNode
  ) throws(ImportError) -> ONNXView {
    let rank = max(first.dimensions.count, second.dimensions.count)
    guard let lengths = ConstantFolding.broadcast(first.lengths, second.lengths) else {
      throw unsupported(node, "the inputs' shapes differ: \(first.lengths) and \(second.lengths)")
    }
    var (values, others) = (first, second)
    if values.lengths.drop(while: { $0 == 1 }) != lengths.drop(while: { $0 == 1 }) { swap(&values, &others) }
    values = values.repeated(to: lengths)
    others = others.repeated(to: lengths)
    let isProduct = op is Multiply
    let factor = isProduct ? values.factor * others.factor : 1
    let pattern = try laidOut(isProduct ? values.unscaled : try scaled(values, node), for: node)
    var other = isProduct ? others.unscaled : try scaled(others, node)
    if other.parts(like: pattern) == nil { other = try laidOut(other, for: node, isCopied: true) }
    guard let parts = other.parts(like: pattern) else {
      throw unsupported(node, "the inputs' shapes differ: \(first.lengths) and \(second.lengths)")
    }
    let copy = try copy(other, rows: parts.rows, columns: parts.columns, channels: parts.channels, for: node)
    var result = pattern
    result.node = try graph.append(name(node), op, [pattern.node, copy])
    result.factor = factor
    while result.dimensions.count < rank { result.dimensions.insert([], at: 0) }
    return result
  }

  /// The view's elements times its factor, as a view without one.
  private mutating func scaled(_ view: ONNXView, _ node: ONNXNode) throws(ImportError) -> ONNXView {
    guard view.factor != 1 else { return view }
    var result = view
    result.node = try scale(ONNXActivation(view.node, []), by: view.factor, node).node
    result.factor = 1
    return result
  }

  /// The view, or a copy of it, that has each element of its node once.
  private mutating func laidOut(
    _ view: ONNXView, for node: ONNXNode, isCopied: Bool = false
  ) throws(ImportError) -> ONNXView {
    if !isCopied, view.covers(graph.shape(view.node)) { return view }
    let long = view.dimensions.indices.filter { !view.dimensions[$0].isEmpty }
    let (last, before) = (long.last, long.dropLast().last)
    func parts(_ dimension: Int?) -> Parts { dimension.map { view.dimensions[$0] } ?? [] }
    let outer = long.dropLast(2)
    var result = view
    result.node = try copy(
      view, rows: outer.flatMap { view.dimensions[$0] }, columns: parts(before), channels: parts(last), for: node)
    result.first = [:]
    let lengths = view.lengths
    for (index, parts) in zip(outer, ONNXView.Part.nested(.rows, lengths: outer.map { lengths[$0] })) {
      result.dimensions[index] = parts
    }
    if let before { result.dimensions[before] = ONNXView.Part.nested(.columns, lengths: [lengths[before]])[0] }
    if let last { result.dimensions[last] = ONNXView.Part.nested(.channels, lengths: [lengths[last]])[0] }
    return result
  }
}

extension ONNXView {
  fileprivate var unscaled: ONNXView {
    var result = self
    result.factor = 1
    return result
  }

  /// The same with dimensions of length 1 repeated to other lengths.
  ///
  /// - Precondition: the lengths are those of a combination with another view.
  func repeated(to lengths: [Int]) -> ONNXView {
    var result = self
    while result.dimensions.count < lengths.count { result.dimensions.insert([], at: 0) }
    for (index, length) in lengths.enumerated() where length > 1 && result.dimensions[index].isEmpty {
      result.dimensions[index] = [Part(axis: .rows, stride: 0, length: length)]
    }
    return result
  }

  /// Whether the view has each element of its node once.
  fileprivate func covers(_ shape: Shape) -> Bool {
    guard first.isEmpty else { return false }
    return [ONNXActivation.Axis.rows, .columns, .channels].allSatisfy { axis in
      let parts = dimensions.flatMap(\.self).filter { $0.axis == axis }.sorted { $0.stride < $1.stride }
      var next = 1
      for part in parts {
        guard part.stride == next else { return false }
        next *= part.length
      }
      return next == shape.length(axis)
    }
  }

  /// What runs over each axis of another view's node, so that the elements lie as that one's; nil where steps would not be even.
  fileprivate func parts(like other: ONNXView) -> (rows: [Part], columns: [Part], channels: [Part])? {
    let pattern = other.dimensions.flatMap(\.self)
    guard lengths == other.lengths, let split = regrouped(pattern.map(\.length)),
      split.dimensions.allSatisfy({ $0.count == 1 })
    else { return nil }
    let pairs = zip(pattern, split.dimensions.flatMap(\.self)).sorted { $0.0.stride > $1.0.stride }
    func parts(_ axis: ONNXActivation.Axis) -> [Part] { pairs.filter { $0.0.axis == axis }.map(\.1) }
    return (parts(.rows), parts(.columns), parts(.channels))
  }
}
