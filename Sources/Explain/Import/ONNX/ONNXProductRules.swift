// Products, softmaxes and means of tensors in any order, where they are part of nothing that has an operator of its own.

extension ONNXTranslator {
  /// The products of two tensors' last two dimensions, `[..., rows, depth]` and `[..., depth, columns]`.
  mutating func product(
    _ first: ONNXView, _ second: ONNXView, for node: ONNXNode
  ) throws(ImportError) -> ONNXView {
    var (a, b) = (first, second)
    while a.dimensions.count < b.dimensions.count { a.dimensions.insert([], at: 0) }
    while b.dimensions.count < a.dimensions.count { b.dimensions.insert([], at: 0) }
    let rank = a.dimensions.count
    guard rank >= 2, a.lengths[rank - 1] == b.lengths[rank - 2] else {
      throw unsupported(node, "\(first.lengths) and \(second.lengths) have no product")
    }
    // What only one of them has is the same for all of the other.
    for index in 0..<rank - 2 {
      let (here, there) = (a.lengths[index], b.lengths[index])
      guard here == there || here == 1 || there == 1 else {
        throw unsupported(node, "\(first.lengths) and \(second.lengths) have no product")
      }
      if here < there { a.dimensions[index] = [ONNXView.Part(axis: .rows, stride: 0, length: there)] }
      if there < here { b.dimensions[index] = [ONNXView.Part(axis: .rows, stride: 0, length: here)] }
    }
    let pairs = Array(a.lengths.dropLast(2))
    let (rows, columns) = (a.dimensions[rank - 2], b.dimensions[rank - 1])
    let left = try copy(
      a, rows: a.dimensions.dropLast(2).flatMap(\.self), columns: rows, channels: a.dimensions[rank - 1], for: node)
    // The order in which the elements lie already.
    let isTransposed = columns.last?.axis != .channels
    let (wide, deep) = isTransposed ? (columns, b.dimensions[rank - 2]) : (b.dimensions[rank - 2], columns)
    let right = try copy(b, rows: b.dimensions.dropLast(2).flatMap(\.self), columns: wide, channels: deep, for: node)
    let result = try graph.append(name(node), MatrixProduct(isTransposed: isTransposed), [left, right])
    var view = ONNXView(
      node: result,
      dimensions: ONNXView.Part.nested(.rows, lengths: pairs)
        + ONNXView.Part.nested(.columns, lengths: [a.lengths[rank - 2]])
        + ONNXView.Part.nested(.channels, lengths: [b.lengths[rank - 1]]))
    view.factor = a.factor * b.factor
    return view
  }

  /// Queries times keys, or the softmax of that.
  mutating func product(_ scores: ONNXScores, for node: ONNXNode) throws(ImportError) -> ONNXView {
    var view = try product(scores.queries, scores.keys, for: node)
    view.factor *= scores.factor
    if let bias = scores.bias {
      view = try combine(view, try self.view(bias, beside: view.node, for: node), by: Add(), for: node)
    }
    return scores.isSoftmax ? try softmax(view, axis: view.dimensions.count - 1, for: node) : view
  }

  /// The softmax over one dimension.
  mutating func softmax(_ view: ONNXView, axis: Int, for node: ONNXNode) throws(ImportError) -> ONNXView {
    let others = view.dimensions.indices.filter { $0 != axis }
    var input = try copy(
      view, rows: [], columns: others.flatMap { view.dimensions[$0] }, channels: view.dimensions[axis], for: node)
    if view.factor != 1 {
      let tensor = ONNXActivation(input, [[.columns], [.channels]])
      input = try scale(tensor, by: view.factor, node).node
    }
    let result = try graph.append(name(node), Softmax(), [input])
    var dimensions = view.dimensions
    for (index, parts) in zip(others, ONNXView.Part.nested(.columns, lengths: others.map { view.lengths[$0] })) {
      dimensions[index] = parts
    }
    dimensions[axis] = ONNXView.Part.nested(.channels, lengths: [view.lengths[axis]])[0]
    return ONNXView(node: result, dimensions: dimensions)
  }

  /// The mean over some dimensions, which are 1 long in the result.
  mutating func mean(
    _ view: ONNXView, over reduced: Set<Int>, for node: ONNXNode
  ) throws(ImportError) -> ONNXView {
    let kept = view.dimensions.indices.filter { !reduced.contains($0) }
    let input = try copy(
      view, rows: [], columns: reduced.sorted().flatMap { view.dimensions[$0] },
      channels: kept.flatMap { view.dimensions[$0] }, for: node)
    let result = try graph.append(name(node), GlobalAveragePool(), [input])
    var dimensions = [[ONNXView.Part]](repeating: [], count: view.dimensions.count)
    for (index, parts) in zip(kept, ONNXView.Part.nested(.channels, lengths: kept.map { view.lengths[$0] })) {
      dimensions[index] = parts
    }
    var mean = ONNXView(node: result, dimensions: dimensions)
    mean.factor = view.factor
    return mean
  }
}
