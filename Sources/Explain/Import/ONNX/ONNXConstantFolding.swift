// Nodes that depend on no picture, or on its shape alone.

extension ONNXTranslator {
  /// Computes a node's value now, if it can be; the shapes that exporters compute step by step.
  mutating func foldConstant(_ node: ONNXNode) throws(ImportError) -> Bool {
    if node.opType == "Shape", case .activation(let input)? = values[node.inputs.first ?? ""] {
      let lengths = lengths(input)
      let (start, end) = (node.int("start", 0), node.int("end", lengths.count))
      let range = (start < 0 ? start + lengths.count : start)..<min(end < 0 ? end + lengths.count : end, lengths.count)
      set(node, .constant(ONNXConstant(Array(lengths[range]), shape: [range.count])))
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
      guard inputs[0].isWhole, inputs[0].count <= Self.largestFolded else { return nil }
      let values = try inputs[0].integers()
      return ONNXConstant(values, shape: node.opType == "Squeeze" && values.count == 1 ? [] : [values.count])
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
        default: return y == 0 ? nil : x / y
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
      func place(_ index: Int) -> Int { min(max(index < 0 ? index + values.count : index, 0), values.count) }
      let (start, end) = (place(starts[0]), place(ends[0]))
      let part = start < end ? Array(values[start..<end]) : []
      return ONNXConstant(part, shape: [part.count])
    default: return nil
    }
  }

  /// Shapes are short; weights are not folded.
  private static let largestFolded = 64
}
