// Constants of many values that are added to a tensor: biases of positions.

extension ONNXTranslator {
  /// Elements of the largest tensor that a constant is stored for.
  private static let largestSum = 1 << 22

  /// A tensor with a constant added that differs from pixel to pixel; nil where the constant does not.
  mutating func sum(
    _ tensor: ONNXActivation, _ constant: ONNXConstant, for node: ONNXNode
  ) throws(ImportError) -> ONNXActivation? {
    let lengths = lengths(tensor)
    guard constant.count > 1, graph.shape(tensor.node).count <= Self.largestSum, constant.shape.count <= lengths.count
    else { return nil }
    let stored = [Int](repeating: 1, count: lengths.count - constant.shape.count) + constant.shape
    guard zip(stored, lengths).allSatisfy({ $0 == 1 || $0 == $1 }) else { return nil }
    // Elements of the constant from one row, column or channel to the next.
    var strides: [ONNXActivation.Axis: Int] = [:]
    var stride = 1
    let shape = graph.shape(tensor.node)
    for (length, axes) in zip(stored, tensor.dimensions).reversed() {
      var inner = stride
      for axis in axes.reversed() where length > 1 {
        strides[axis] = inner
        inner *= shape.length(axis)
      }
      stride *= length
    }
    guard strides[.rows] != nil || strides[.columns] != nil else { return nil }
    let values = try reading { () throws(ONNXError) in try constant.floats() }
    var positions: [Float] = []
    positions.reserveCapacity(shape.count)
    for row in 0..<shape.height {
      for column in 0..<shape.width {
        let first = row * strides[.rows, default: 0] + column * strides[.columns, default: 0]
        let step = strides[.channels, default: 0]
        for channel in 0..<shape.channels { positions.append(values[first + channel * step]) }
      }
    }
    let name = name(node)
    graph.insert(ComputedWeight(shape: [shape.pixels, shape.channels], values: positions), as: "\(name).positions")
    let op = TokenEmbedding(
      prefix: 0, classToken: nil,
      positions: graph.parameter(
        "\(name).positions", [shape.pixels, shape.channels], storedShape: [shape.pixels, shape.channels]))
    let result = try graph.append(name, op, [tensor.node])
    // All pixels in one row, in their order.
    let row = ONNXView(
      node: result,
      dimensions: ONNXView.Part.nested(.columns, lengths: [shape.height, shape.width])
        + ONNXView.Part.nested(.channels, lengths: [shape.channels]))
    let restored = try copy(
      row, rows: row.dimensions[0], columns: row.dimensions[1], channels: row.dimensions[2], for: node)
    return ONNXActivation(restored, tensor.dimensions)
  }
}
