// Operators that compute nothing: other shapes, orders and parts of the same elements.

extension ONNXTranslator {
  static let shapeRules: [String: Rule] = [
    "Flatten": { translator, node throws(ImportError) in try translator.flatten(node) },
    "Reshape": { translator, node throws(ImportError) in try translator.reshape(node) },
    "Transpose": { translator, node throws(ImportError) in try translator.transpose(node) },
    "Squeeze": { translator, node throws(ImportError) in try translator.squeeze(node) },
    "Unsqueeze": { translator, node throws(ImportError) in try translator.unsqueeze(node) },
    "Expand": { translator, node throws(ImportError) in try translator.expand(node) },
    "Gather": { translator, node throws(ImportError) in try translator.gather(node) },
    "Slice": { translator, node throws(ImportError) in try translator.slice(node) },
    "Split": { translator, node throws(ImportError) in try translator.split(node) },
  ]

  /// Dimensions that a tensor has at most.
  private static let largestRank = 16

  private mutating func set(_ node: ONNXNode, _ view: ONNXView) {
    if layerValues[view.node] == node.inputs[0], readerCount(node.inputs[0]) == 1 {
      layerValues[view.node] = node.outputs[0]
    }
    set(node.outputs[0], view)
  }

  private mutating func flatten(_ node: ONNXNode) throws(ImportError) {
    var view = try inputView(node)
    let rank = view.dimensions.count
    let axis = node.int("axis", 1)
    let split = axis < 0 ? axis + rank : axis
    guard (0...rank).contains(split) else { throw unsupported(node, "axis \(axis) is out of range") }
    view.dimensions = [view.dimensions[..<split].flatMap(\.self), view.dimensions[split...].flatMap(\.self)]
    set(node, view)
  }

  private mutating func reshape(_ node: ONNXNode) throws(ImportError) {
    let view = try inputView(node)
    guard let target = try constant(node, 1) else { throw unsupported(node, "the shape is missing") }
    let given = try reading { () throws(ONNXError) in try target.integers() }
    let reshaping = Reshaping(to: given, keepsZeros: node.int("allowzero", 0) != 0)
    guard given.count <= Self.largestRank, let lengths = reshaping.lengths(of: view.lengths) else {
      throw unsupported(node, "\(view.lengths) does not become \(given)")
    }
    if let result = view.regrouped(lengths) { return set(node, result) }
    // In one row, the elements can be shared out in any way.
    var row = view
    row.dimensions = [view.dimensions.flatMap(\.self)]
    guard let result = try copied(row, node).regrouped(lengths) else {
      throw unsupported(node, "\(view.lengths) does not become \(lengths)")
    }
    set(node, result)
  }

  private mutating func transpose(_ node: ONNXNode) throws(ImportError) {
    var view = try inputView(node)
    let order = node.ints("perm") ?? Array(view.dimensions.indices.reversed())
    guard order.sorted() == Array(view.dimensions.indices) else { throw unsupported(node, "perm is no order") }
    view.dimensions = order.map { view.dimensions[$0] }
    set(node, view)
  }

  /// The attribute or input `axes`, counted from the first dimension.
  func axes(_ node: ONNXNode, input: Int = 1, rank: Int) throws(ImportError) -> [Int]? {
    var axes = node.ints("axes")
    if let constant = try constant(node, input) {
      axes = try reading { () throws(ONNXError) in try constant.integers() }
    }
    return axes?.map { $0 < 0 ? $0 + rank : $0 }
  }

  private mutating func squeeze(_ node: ONNXNode) throws(ImportError) {
    var view = try inputView(node)
    let dimensions = view.dimensions
    let removed =
      try axes(node, rank: dimensions.count).map(Set.init)
      ?? Set(dimensions.indices.filter { dimensions[$0].isEmpty })
    guard removed.allSatisfy({ dimensions.indices.contains($0) && dimensions[$0].isEmpty }) else {
      throw unsupported(node, "a dimension longer than 1 is squeezed")
    }
    view.dimensions = dimensions.indices.filter { !removed.contains($0) }.map { dimensions[$0] }
    set(node, view)
  }

  private mutating func unsqueeze(_ node: ONNXNode) throws(ImportError) {
    var view = try inputView(node)
    // Axes count in the result's dimensions.
    var count = node.ints("axes")?.count ?? 0
    if let constant = try constant(node, 1) { count = constant.count }
    let rank = view.dimensions.count + count
    guard rank <= Self.largestRank, let added = try axes(node, rank: rank) else { throw unsupported(node, "no axes") }
    for axis in added.sorted() {
      guard (0...view.dimensions.count).contains(axis) else { throw unsupported(node, "axis \(axis) is out of range") }
      view.dimensions.insert([], at: axis)
    }
    set(node, view)
  }

  /// To the shape that the input has already.
  private mutating func expand(_ node: ONNXNode) throws(ImportError) {
    let view = try inputView(node)
    let lengths = try constant(node, 1).map { constant throws(ImportError) in
      try reading { () throws(ONNXError) in try constant.integers() }
    }
    guard let lengths, lengths.count <= view.lengths.count,
      zip(lengths.reversed(), view.lengths.reversed()).allSatisfy({ $0 == 1 || $0 == $1 })
    else { throw unsupported(node, "repeating an activation is not supported") }
    set(node, view)
  }

  /// One index of a dimension, or several that follow each other evenly.
  private mutating func gather(_ node: ONNXNode) throws(ImportError) {
    let view = try inputView(node)
    guard let constant = try constant(node, 1), constant.count > 0 else { throw unsupported(node, "no indices") }
    if constant.count > 1 || constant.shape.count > 1 { return try gatherSlice(node, view, constant) }
    let index = try reading { () throws(ONNXError) in try constant.integers() }[0]
    let axis = try dimension(node, node.int("axis", 0), of: view)
    let length = view.lengths[axis]
    let place = index < 0 ? index + length : index
    guard (0..<length).contains(place) else { throw unsupported(node, "index \(index) is out of range") }
    var result = try slice(node, view, axis, place..<place + 1)
    if constant.shape.isEmpty { result.dimensions.remove(at: axis) }
    set(node, result)
  }

  private mutating func gatherSlice(
    _ node: ONNXNode, _ view: ONNXView, _ constant: ONNXConstant
  ) throws(ImportError) {
    let indices = try reading { () throws(ONNXError) in try constant.integers() }
    let axis = try dimension(node, node.int("axis", 0), of: view)
    let length = view.lengths[axis]
    let (first, step) = (indices[0], indices.count > 1 ? indices[1] &- indices[0] : 1)
    guard indices.count <= length, (0..<length).contains(first), step > 0, step <= length,
      indices.indices.allSatisfy({ indices[$0] == first + $0 * step }), let last = indices.last, last < length,
      constant.shape.count <= Self.largestRank
    else { throw unsupported(node, "only indices that follow each other evenly are supported") }
    let part = try slice(node, view, axis, first..<last + 1, step: step)
    let lengths = Array(part.lengths[..<axis]) + constant.shape + Array(part.lengths[(axis + 1)...])
    guard let result = part.regrouped(lengths) else { throw unsupported(node, "indices \(constant.shape)") }
    set(node, result)
  }

  private mutating func slice(_ node: ONNXNode) throws(ImportError) {
    var view = try inputView(node)
    func integers(_ name: String, _ input: Int) throws(ImportError) -> [Int]? {
      guard let constant = try constant(node, input) else { return node.ints(name) }
      return try reading { () throws(ONNXError) in try constant.integers() }
    }
    guard let starts = try integers("starts", 1), let ends = try integers("ends", 2), starts.count == ends.count,
      starts.count <= view.dimensions.count
    else { throw unsupported(node, "starts and ends are missing") }
    let axes = try axes(node, input: 3, rank: view.dimensions.count) ?? Array(starts.indices)
    let steps = try integers("steps", 4) ?? [Int](repeating: 1, count: starts.count)
    guard axes.count == starts.count, steps.count == starts.count, steps.allSatisfy({ $0 > 0 }) else {
      throw unsupported(node, "steps below 1 are not supported")
    }
    for (index, (start, end)) in zip(starts, ends).enumerated() {
      let axis = try dimension(node, axes[index], of: view)
      let length = view.lengths[axis]
      func place(_ index: Int) -> Int { min(max(index < 0 ? index + length : index, 0), length) }
      guard place(start) < place(end) else { throw unsupported(node, "the result is empty") }
      view = try slice(node, view, axis, place(start)..<place(end), step: min(steps[index], length))
    }
    set(node, view)
  }

  private mutating func split(_ node: ONNXNode) throws(ImportError) {
    let view = try inputView(node)
    let axis = try dimension(node, node.int("axis", 0), of: view)
    let length = view.lengths[axis]
    var counts = node.ints("split")
    if let constant = try constant(node, 1) {
      counts = try reading { () throws(ONNXError) in try constant.integers() }
    }
    let parts = node.outputs.count
    let equal = (length + parts - 1) / parts
    let lengths = counts ?? (0..<parts).map { min(equal, length - $0 * equal) }
    guard lengths.count == parts, lengths.allSatisfy({ (1...length).contains($0) }),
      lengths.reduce(0, +) == length
    else { throw unsupported(node, "\(lengths) are no parts of \(length)") }
    var start = 0
    for (output, count) in zip(node.outputs, lengths) {
      if !output.isEmpty { set(output, try slice(node, view, axis, start..<start + count)) }
      start += count
    }
  }

  private func dimension(_ node: ONNXNode, _ axis: Int, of view: ONNXView) throws(ImportError) -> Int {
    let dimension = axis < 0 ? axis + view.dimensions.count : axis
    guard view.dimensions.indices.contains(dimension) else { throw unsupported(node, "axis \(axis) is out of range") }
    return dimension
  }

  private mutating func slice(
    _ node: ONNXNode, _ view: ONNXView, _ dimension: Int, _ range: Range<Int>, step: Int = 1
  ) throws(ImportError) -> ONNXView {
    if let part = view.sliced(dimension, range, step: step) { return part }
    guard let part = try copied(view, node).sliced(dimension, range, step: step) else {
      throw unsupported(node, "this part of \(view.lengths) is not supported")
    }
    return part
  }

  /// The same with each dimension in one piece.
  private mutating func copied(_ view: ONNXView, _ node: ONNXNode) throws(ImportError) -> ONNXView {
    var unscaled = view
    unscaled.factor = 1
    let copy = try copy(unscaled, for: node)
    var result = ONNXView(copy, graph.shape(copy.node))
    result.factor = view.factor
    return result
  }
}
