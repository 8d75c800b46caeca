import Glibc

// Nodes that depend on no picture, or on its shape alone.

extension ONNXTranslator {
  /// Computes a node's value now, if it can be; the shapes that exporters compute step by step.
  mutating func foldConstant(_ node: ONNXNode) throws(ImportError) -> Bool {
    if node.opType == "Shape", let value = values[node.inputs.first ?? ""], let lengths = lengths(value) {
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
    let folding = ConstantFolding(node: node, inputs: inputs, limit: min(foldingBudget, Self.largestFolded))
    guard let result = try reading({ () throws(ONNXError) in try folding.result() }) else { return false }
    switch result.values {
    case .integers(let values): foldingBudget -= values.count
    case .floats(let values): foldingBudget -= values.count
    case .stored, .transposed: break
    }
    set(node, .constant(result))
    return true
  }

  /// Elements of one constant that is computed: position embeddings have a million.
  private static let largestFolded = 1 << 22
}

/// A node whose inputs are constants.
private struct ConstantFolding {
  let node: ONNXNode
  let inputs: [ONNXConstant]
  /// Of elements of the result.
  let limit: Int

  /// Nil where the operator is not one of those that shapes and embeddings are computed with.
  func result() throws(ONNXError) -> ONNXConstant? {
    switch node.opType {
    case "Identity", "Dropout": return inputs[0]
    case "Cast": return try cast()
    case "Unsqueeze", "Squeeze", "Reshape":
      guard let shape = try newShape() else { return nil }
      var result = inputs[0]
      result.shape = shape
      if case .transposed = result.values { return nil }
      return result
    case "Transpose":
      let isMatrix = node.ints("perm") ?? [1, 0] == [1, 0] && !inputs[0].isWhole
      if isMatrix, let transposed = inputs[0].transposed { return transposed }
      return try permuted()
    case "Gather": return try gathered()
    case "Concat": return try joined()
    case "Slice": return try sliced()
    case "Expand":
      guard inputs.count == 2, inputs[1].count <= Self.largestRank else { return nil }
      return try expanded(to: try inputs[1].integers())
    case "ConstantOfShape": return try filled()
    case "Add", "Sub", "Mul", "Div", "Mod", "Pow", "Equal": return try arithmetic()
    case "Where":
      guard inputs.count == 3, inputs.allSatisfy({ $0.isWhole && $0.count <= Self.shortest }) else { return nil }
      let (conditions, first, second) = (try inputs[0].integers(), try inputs[1].integers(), try inputs[2].integers())
      guard first.count == conditions.count, second.count == conditions.count else { return nil }
      return ONNXConstant(
        conditions.indices.map { conditions[$0] != 0 ? first[$0] : second[$0] }, shape: inputs[0].shape)
    case "Sqrt": return try function { $0.squareRoot() }
    case "Neg":
      guard inputs[0].isWhole else { return try function { -$0 } }
      guard inputs[0].count <= Self.shortest else { return nil }
      return ONNXConstant(try inputs[0].integers().map { 0 &- $0 }, shape: inputs[0].shape)
    case "Reciprocal": return try function { 1 / $0 }
    case "Ceil": return try function { $0.rounded(.up) }
    case "Floor": return try function { $0.rounded(.down) }
    default: return nil
    }
  }

  private static let largestRank = 16
  /// Elements of shapes and what they are made of.
  private static let shortest = 64

  private func function(_ function: (Float) -> Float) throws(ONNXError) -> ONNXConstant? {
    guard inputs[0].count <= limit else { return nil }
    return ONNXConstant(try inputs[0].floats().map(function), shape: inputs[0].shape)
  }

  private func cast() throws(ONNXError) -> ONNXConstant? {
    let input = inputs[0]
    guard let type = ONNXElementType(rawValue: Int32(truncatingIfNeeded: node.int("to", 1))) else { return nil }
    guard type.isWhole != input.isWhole, input.count <= limit else { return input }
    if !type.isWhole { return ONNXConstant(try input.floats(), shape: input.shape) }
    let integers = try input.floats().compactMap { Int(exactly: $0.rounded(.towardZero)) }
    return integers.count == input.count ? ONNXConstant(integers, shape: input.shape) : nil
  }

  /// Rows of a table, or elements of a list.
  private func gathered() throws(ONNXError) -> ONNXConstant? {
    guard inputs.count == 2, let rows = inputs[0].shape.first, node.int("axis", 0) == 0 else { return nil }
    let rest = Array(inputs[0].shape.dropFirst())
    guard !rest.contains(0) else { return nil }
    let length = rest.reduce(1, *)
    let (count, overflows) = inputs[1].count.multipliedReportingOverflow(by: length)
    guard !overflows, count <= limit else { return nil }
    let places = try inputs[1].integers().map { $0 < 0 ? $0 + rows : $0 }
    guard places.allSatisfy((0..<rows).contains) else { return nil }
    let shape = inputs[1].shape + rest
    if inputs[0].isWhole {
      let values = try inputs[0].integers()
      return ONNXConstant(places.flatMap { values[$0 * length..<($0 + 1) * length] }, shape: shape)
    }
    let values = try inputs[0].floats()
    return ONNXConstant(places.flatMap { values[$0 * length..<($0 + 1) * length] }, shape: shape)
  }

  private func joined() throws(ONNXError) -> ONNXConstant? {
    let first = inputs[0].shape
    let axis = node.int("axis", 0) < 0 ? node.int("axis", 0) + first.count : node.int("axis", 0)
    var (shape, count) = (first, 0)
    for input in inputs {
      guard first.indices.contains(axis), input.shape.count == first.count, input.count <= limit - count,
        first.count == 1 || !input.shape.contains(0),
        first.indices.allSatisfy({ $0 == axis || first[$0] == input.shape[$0] })
      else { return nil }
      count += input.count
    }
    shape[axis] = inputs.reduce(0) { $0 + $1.shape[axis] }
    let outer = first[..<axis].reduce(1, *)
    func rows<Element>(_ values: [[Element]]) -> [Element] {
      (0..<outer).flatMap { row in
        values.flatMap { part in part[row * part.count / outer..<(row + 1) * part.count / outer] }
      }
    }
    if inputs.allSatisfy(\.isWhole) {
      var values: [[Int]] = []
      for input in inputs { values.append(try input.integers()) }
      return ONNXConstant(rows(values), shape: shape)
    }
    var values: [[Float]] = []
    for input in inputs { values.append(try input.floats()) }
    return ONNXConstant(rows(values), shape: shape)
  }

  /// A stretch of one dimension.
  private func sliced() throws(ONNXError) -> ONNXConstant? {
    guard inputs.count >= 3, inputs[0].count <= limit, inputs.dropFirst().allSatisfy({ $0.count == 1 }) else {
      return nil
    }
    let step = inputs.count > 4 ? try inputs[4].integers()[0] : 1
    var shape = inputs[0].shape
    let given = inputs.count > 3 ? try inputs[3].integers()[0] : 0
    let axis = given < 0 ? given + shape.count : given
    guard shape.indices.contains(axis) else { return nil }
    let (starts, ends) = (try inputs[1].integers(), try inputs[2].integers())
    guard shape.count == 1 || !shape.contains(0) else { return nil }
    let kept = Self.places(shape[axis], from: starts[0], to: ends[0], step: step)
    let inner = shape[(axis + 1)...].reduce(1, *)
    let (length, outer) = (shape[axis] * inner, shape[..<axis].reduce(1, *))
    shape[axis] = kept.count
    func part<Element>(_ values: [Element]) -> [Element] {
      var result: [Element] = []
      for row in 0..<outer {
        for place in kept {
          let first = row * length + place * inner
          result += values[first..<first + inner]
        }
      }
      return result
    }
    return inputs[0].isWhole
      ? ONNXConstant(part(try inputs[0].integers()), shape: shape)
      : ONNXConstant(part(try inputs[0].floats()), shape: shape)
  }

  private func permuted() throws(ONNXError) -> ONNXConstant? {
    let shape = inputs[0].shape
    let order = node.ints("perm") ?? shape.indices.reversed()
    let count = inputs[0].count
    guard order.sorted() == Array(shape.indices), count > 0, count <= limit else { return nil }
    var strides = [Int](repeating: 1, count: shape.count)
    for index in shape.indices.dropLast().reversed() { strides[index] = strides[index + 1] * shape[index + 1] }
    var places = [0]
    for dimension in order {
      let steps = (0..<shape[dimension]).map { $0 * strides[dimension] }
      places = places.flatMap { place in steps.map { place + $0 } }
    }
    let lengths = order.map { shape[$0] }
    if inputs[0].isWhole {
      let values = try inputs[0].integers()
      return ONNXConstant(places.map { values[$0] }, shape: lengths)
    }
    let values = try inputs[0].floats()
    return ONNXConstant(places.map { values[$0] }, shape: lengths)
  }

  /// The places that a slice of `count` elements keeps, as ONNX counts: negative ones from the end, and backwards with a
  /// negative step, as the exporter of PyTorch reverses paddings.
  private static func places(_ count: Int, from start: Int, to end: Int, step: Int) -> [Int] {
    let range = step < 0 ? -1...max(-1, count - 1) : 0...count
    func place(_ index: Int) -> Int {
      min(max(index < 0 ? index + count : index, range.lowerBound), range.upperBound)
    }
    guard count > 0, step != 0 else { return [] }
    return Array(stride(from: place(start), to: place(end), by: min(max(step, -count), count)))
  }

  /// To a shape with the same elements, or with one element as often as it takes.
  private func expanded(to target: [Int]) throws(ONNXError) -> ONNXConstant? {
    guard let shape = Self.broadcast(inputs[0].shape, target), let count = Self.count(shape) else { return nil }
    if count == inputs[0].count {
      var result = inputs[0]
      if case .transposed = result.values { return nil }
      result.shape = shape
      return result
    }
    guard inputs[0].count == 1, count <= limit else { return nil }
    return inputs[0].isWhole
      ? ONNXConstant([Int](repeating: try inputs[0].integers()[0], count: count), shape: shape)
      : ONNXConstant([Float](repeating: try inputs[0].floats()[0], count: count), shape: shape)
  }

  private func filled() throws(ONNXError) -> ONNXConstant? {
    guard inputs[0].count <= Self.largestRank else { return nil }
    let shape = try inputs[0].integers()
    guard shape.allSatisfy({ $0 >= 0 }), let count = Self.count(shape), count <= limit else { return nil }
    guard case .tensor(let tensor)? = node.attributes["value"] else {
      return ONNXConstant([Float](repeating: 0, count: count), shape: shape)
    }
    guard tensor.count == 1 else { return nil }
    return tensor.elementType.isWhole
      ? ONNXConstant([Int](repeating: try tensor.integers()[0], count: count), shape: shape)
      : ONNXConstant([Float](repeating: try tensor.floats()[0], count: count), shape: shape)
  }

  /// Of two constants of one shape, or of one and a number.
  private func arithmetic() throws(ONNXError) -> ONNXConstant? {
    guard inputs.count == 2, inputs.allSatisfy({ $0.count <= limit }),
      let shape = Self.broadcast(inputs[0].shape, inputs[1].shape), let count = Self.count(shape),
      inputs.allSatisfy({ $0.count == 1 || $0.count == count })
    else { return nil }
    func pairs<Element>(_ a: [Element], _ b: [Element]) -> [(Element, Element)] {
      (0..<count).map { (a[a.count == 1 ? 0 : $0], b[b.count == 1 ? 0 : $0]) }
    }
    if inputs.allSatisfy(\.isWhole) {
      guard count <= Self.shortest else { return nil }
      let values = pairs(try inputs[0].integers(), try inputs[1].integers()).compactMap(whole)
      return values.count == count ? ONNXConstant(values, shape: shape) : nil
    }
    let values = pairs(try inputs[0].floats(), try inputs[1].floats()).compactMap(floating)
    return values.count == count ? ONNXConstant(values, shape: shape) : nil
  }

  private func whole(_ x: Int, _ y: Int) -> Int? {
    let result: (partialValue: Int, overflow: Bool)
    switch node.opType {
    case "Add": result = x.addingReportingOverflow(y)
    case "Sub": result = x.subtractingReportingOverflow(y)
    case "Mul": result = x.multipliedReportingOverflow(by: y)
    case "Div": result = x.dividedReportingOverflow(by: y)
    case "Mod":
      // The sign is the divisor's.
      result = x.remainderReportingOverflow(dividingBy: y)
      guard !result.overflow else { return nil }
      return result.partialValue != 0 && (result.partialValue < 0) != (y < 0)
        ? result.partialValue + y : result.partialValue
    case "Equal": return x == y ? 1 : 0
    default: return nil
    }
    return result.overflow ? nil : result.partialValue
  }

  private func floating(_ x: Float, _ y: Float) -> Float? {
    switch node.opType {
    case "Add": x + y
    case "Sub": x - y
    case "Mul": x * y
    case "Div": x / y
    case "Pow": pow(x, y)
    default: nil
    }
  }

  /// The shape that a constant gets; nil where it does not fit, or is not that of a few dimensions.
  private func newShape() throws(ONNXError) -> [Int]? {
    let shape = inputs[0].shape
    var given = node.ints("axes")
    if inputs.count > 1 {
      guard inputs[1].count <= Self.shortest else { return nil }
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

  /// The shape of two shapes' combination, aligned at their ends; nil where they do not fit.
  private static func broadcast(_ a: [Int], _ b: [Int]) -> [Int]? {
    let rank = max(a.count, b.count)
    func length(_ shape: [Int], _ index: Int) -> Int {
      let place = index - (rank - shape.count)
      return place < 0 ? 1 : shape[place]
    }
    let lengths = (0..<rank).compactMap { index -> Int? in
      let (x, y) = (length(a, index), length(b, index))
      guard x >= 0, y >= 0, x == y || x == 1 || y == 1 else { return nil }
      return x == 1 ? y : x
    }
    return lengths.count == rank ? lengths : nil
  }

  private static func count(_ lengths: [Int]) -> Int? {
    var count = 1
    for length in lengths {
      let (product, isBeyond) = count.multipliedReportingOverflow(by: length)
      guard !isBeyond else { return nil }
      count = product
    }
    return count
  }
}

extension [Int] {
  /// The elements from one place to another, as ONNX counts them: from the end where negative, cut at both ends.
  fileprivate func part(from start: Int, to end: Int) -> [Int] {
    func place(_ index: Int) -> Int { Swift.min(Swift.max(index < 0 ? index + count : index, 0), count) }
    let (start, end) = (place(start), place(end))
    return start < end ? Array(self[start..<end]) : []
  }
}
