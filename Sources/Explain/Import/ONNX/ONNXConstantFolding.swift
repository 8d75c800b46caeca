// Nodes that depend on no picture, or on its shape alone.

extension ONNXTranslator {
  /// Computes a node's value now, if it can be; the shapes that exporters compute step by step.
  mutating func foldConstant(_ node: ONNXNode) throws(ImportError) -> Bool {
    if node.opType == "Shape", case .activation(let input)? = values[node.inputs.first ?? ""] {
      let lengths = lengths(input)
      let part = lengths.part(from: node.int("start", 0), to: node.int("end", lengths.count))
      set(node, .constant(ONNXConstant(part, shape: [part.count])))
      return true
    }
    var inputs: [ONNXConstant] = []
    for name in node.inputs where !name.isEmpty {
      guard case .constant(let constant)? = values[name] else { return false }
      inputs.append(constant)
    }
    guard !inputs.isEmpty || node.opType == "Constant" else { return false }
    guard let result = try reading({ () throws(ONNXError) in try folded(node, inputs) }) else { return false }
    set(node, .constant(result))
    return true
  }

  /// Nil where the operator is not one of those that shapes are computed with.
  private func folded(_ node: ONNXNode, _ inputs: [ONNXConstant]) throws(ONNXError) -> ONNXConstant? {
    switch node.opType {
    case "Identity", "Cast", "Dropout": return inputs[0]
    case "Unsqueeze", "Squeeze", "Reshape":
      guard let shape = try foldedShape(node, inputs) else { return nil }
      var result = inputs[0]
      result.shape = shape
      return result
    case "Gather":
      guard inputs.count == 2, inputs[0].isWhole, inputs[0].shape.count == 1 else { return nil }
      let (values, indices) = (try inputs[0].integers(), try inputs[1].integers())
      let places = indices.map { $0 < 0 ? $0 + values.count : $0 }
      guard places.allSatisfy(values.indices.contains) else { return nil }
      return ONNXConstant(places.map { values[$0] }, shape: inputs[1].shape)
    case "Concat":
      var values: [Int] = []
      for input in inputs {
        guard input.isWhole, input.count <= Self.largestFolded else { return nil }
        values += try input.integers()
      }
      return ONNXConstant(values, shape: [values.count])
    case "Add", "Sub", "Mul", "Div":
      guard inputs.count == 2, inputs.allSatisfy({ $0.isWhole && $0.count <= Self.largestFolded }) else { return nil }
      let (a, b) = (try inputs[0].integers(), try inputs[1].integers())
      let count = max(a.count, b.count)
      guard [1, count].contains(a.count), [1, count].contains(b.count) else { return nil }
      let values = (0..<count).compactMap { index -> Int? in
        let (x, y) = (a[a.count == 1 ? 0 : index], b[b.count == 1 ? 0 : index])
        switch node.opType {
        case "Add": return x.addingReportingOverflow(y).overflow ? nil : x + y
        case "Sub": return x.subtractingReportingOverflow(y).overflow ? nil : x - y
        case "Mul": return x.multipliedReportingOverflow(by: y).overflow ? nil : x * y
        default: return x.dividedReportingOverflow(by: y).overflow ? nil : x / y
        }
      }
      guard values.count == count else { return nil }
      return ONNXConstant(values, shape: a.count == count ? inputs[0].shape : inputs[1].shape)
    case "Slice":
      guard inputs.count >= 3, inputs[0].isWhole, inputs[0].shape.count == 1 else { return nil }
      if inputs.count > 4 {
        let steps = try inputs[4].integers()
        guard steps == [1] else { return nil }
      }
      let values = try inputs[0].integers()
      let (starts, ends) = (try inputs[1].integers(), try inputs[2].integers())
      guard starts.count == 1, ends.count == 1 else { return nil }
      let part = values.part(from: starts[0], to: ends[0])
      return ONNXConstant(part, shape: [part.count])
    default: return nil
    }
  }

  /// The shape that a constant gets; nil where it does not fit, or is not that of a few dimensions.
  private func foldedShape(_ node: ONNXNode, _ inputs: [ONNXConstant]) throws(ONNXError) -> [Int]? {
    let shape = inputs[0].shape
    var given = node.ints("axes")
    if inputs.count > 1 {
      guard inputs[1].count <= Self.largestFolded else { return nil }
      given = try inputs[1].integers()
    }
    if node.opType == "Reshape" {
      return given.flatMap { Reshaping(to: $0, keepsZeros: node.int("allowzero", 0) != 0).lengths(of: shape) }
    }
    guard let given else { return node.opType == "Squeeze" ? shape.filter { $0 != 1 } : nil }
    let rank = node.opType == "Squeeze" ? shape.count : shape.count + given.count
    let axes = Set(given.map { $0 < 0 ? $0 + rank : $0 })
    guard axes.count == given.count, axes.allSatisfy((0..<rank).contains) else { return nil }
    if node.opType == "Squeeze" {
      guard axes.allSatisfy({ shape[$0] == 1 }) else { return nil }
      return shape.indices.filter { !axes.contains($0) }.map { shape[$0] }
    }
    var rest = shape[...]
    return (0..<rank).map { axes.contains($0) ? 1 : rest.removeFirst() }
  }

  /// Shapes are short; weights are not folded.
  private static let largestFolded = 64
}

extension [Int] {
  /// The elements from one place to another, as ONNX counts them: from the end where negative, cut at both ends.
  fileprivate func part(from start: Int, to end: Int) -> [Int] {
    func place(_ index: Int) -> Int { Swift.min(Swift.max(index < 0 ? index + count : index, 0), count) }
    let (start, end) = (place(start), place(end))
    return start < end ? Array(self[start..<end]) : []
  }
}
