import Glibc

// Nodes that depend on no picture, or on its shape alone.

/// Elements of constants that may still be in memory at once, and be computed at all.
struct FoldingBudget: Sendable, Equatable {
  var held = 1 << 24
  var computed = 1 << 28
}

extension ONNXTranslator {
  /// Computes a node's value now, if it can be; the shapes that exporters compute step by step.
  mutating func foldConstant(_ node: ONNXNode) throws(ImportError) -> Bool {
    if node.opType == "Shape", let value = values[node.inputs.first ?? ""], let lengths = lengths(value) {
      let part = lengths.part(from: node.int("start", 0), to: node.int("end", lengths.count))
      set(node, .constant(ONNXConstant(part, shape: [part.count])))
      return true
    }
    var inputs: [ONNXConstant?] = []
    for name in node.inputs {
      if name.isEmpty {
        inputs.append(nil)
      } else {
        guard case .constant(let constant)? = values[name] else { return false }
        inputs.append(constant)
      }
    }
    guard inputs.contains(where: { $0 != nil }) || node.opType == "Constant" else { return false }
    let limit = min(foldingBudget.held, foldingBudget.computed, Self.largestFolded)
    let folding = ConstantFolding(node: node, optionalInputs: inputs, limit: limit)
    guard let result = try reading({ () throws(ONNXError) in try folding.result() }) else { return false }
    foldingBudget.held -= result.computedCount
    foldingBudget.computed -= result.computedCount
    set(node, .constant(result))
    for name in node.inputs where !name.isEmpty { release(name) }
    return true
  }

  /// Forgets a constant that was computed once nothing reads it any more.
  private mutating func release(_ name: String) {
    foldedReads[name, default: 0] += 1
    guard foldedReads[name] == readerCount(name), case .constant(let constant)? = values[name] else { return }
    foldingBudget.held += constant.computedCount
    values[name] = nil
  }

  /// Elements of one constant that is computed: position embeddings have a million.
  private static let largestFolded = 1 << 22
}

extension ONNXConstant {
  /// Elements in memory.
  fileprivate var computedCount: Int {
    switch values {
    case .integers(let values): values.count
    case .floats(let values): values.count
    case .stored, .transposed, .quantized: 0
    }
  }
}

/// A node whose inputs are constants.
struct ConstantFolding {
  let node: ONNXNode
  /// Nil where the node leaves one out.
  let optionalInputs: [ONNXConstant?]
  /// Those that are there.
  let inputs: [ONNXConstant]
  /// Of elements of the result.
  let limit: Int

  init(node: ONNXNode, optionalInputs: [ONNXConstant?], limit: Int) {
    (self.node, self.optionalInputs, self.limit) = (node, optionalInputs, limit)
    inputs = optionalInputs.compactMap(\.self)
  }

  /// Nil where the operator is not one of those that shapes and embeddings are computed with.
  func result() throws(ONNXError) -> ONNXConstant? {
    switch node.opType {
    case "Identity", "Dropout": return inputs[0]
    case "Cast": return try cast()
    case "QuantizeLinear", "DequantizeLinear": return try ONNXConstant.rescaled(node, inputs)
    case "Unsqueeze", "Squeeze", "Reshape":
      guard let shape = try newShape() else { return nil }
      var result = inputs[0]
      result.shape = shape
      if result.isTransposed { return nil }
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
    case "Tile": return try tiled()
    case "Range": return try counted()
    case "CumSum": return try cumulated()
    case "Where": return try chosen()
    case "Clip": return try clipped()
    case "MatMul": return try product()
    case "Conv": return try pixelProduct()
    case "GatherND": return try gatheredPlaces()
    case "ScatterND": return try scattered()
    case "BatchNormalization": return try normalized()
    case let type where type.hasPrefix("Reduce"): return try reduced()
    default: return inputs.count == 1 ? try function() : try arithmetic()
    }
  }

  static let largestRank = 16
  /// Elements of shapes and what they are made of.
  static let shortest = 64

  private func cast() throws(ONNXError) -> ONNXConstant? {
    let input = inputs[0]
    guard let type = ONNXElementType(rawValue: Int32(truncatingIfNeeded: node.int("to", 1))) else { return nil }
    if type.isWhole == input.isWhole, type != .bool { return input }
    guard input.count <= limit else { return nil }
    if !type.isWhole { return ONNXConstant(try input.floats(), shape: input.shape) }
    if type == .bool { return ONNXConstant(try input.floats().map { $0 != 0 ? 1 : 0 }, shape: input.shape) }
    let integers = try input.floats().compactMap { Int(exactly: $0.rounded(.towardZero)) }
    return integers.count == input.count ? ONNXConstant(integers, shape: input.shape) : nil
  }

  /// Parts of a table along one dimension, or elements of a list.
  private func gathered() throws(ONNXError) -> ONNXConstant? {
    guard inputs.count == 2, let axis = axis(node.int("axis", 0), of: inputs[0].shape) else { return nil }
    let table = inputs[0].shape
    let length = table[axis]
    let shape = Array(table[..<axis]) + inputs[1].shape + Array(table[(axis + 1)...])
    guard let count = shape.elementCount, count <= limit, inputs[0].count <= limit, inputs[0].count > 0 else {
      return nil
    }
    let places = try inputs[1].integers().map { $0 < 0 ? $0 + length : $0 }
    guard places.allSatisfy((0..<length).contains) else { return nil }
    let inner = table[(axis + 1)...].reduce(1, *)
    let outer = table[..<axis].reduce(1, *)
    let kept = [Array(0..<outer), places, Array(0..<inner)]
    return try inputs[0].elements(Self.places(kept, [length * inner, inner, 1]), shape: shape)
  }

  /// Where each of several index tuples points, and how many elements lie there; nil where one of them points outside.
  private func pointed(
    _ tuples: ONNXConstant, into shape: [Int]
  ) throws(ONNXError) -> (starts: [Int], length: Int)? {
    guard let width = tuples.shape.last, (1...max(1, shape.count)).contains(width), tuples.count <= limit,
      width <= shape.count
    else { return nil }
    let (indices, strides) = (try tuples.integers(), shape.elementStrides)
    var starts: [Int] = []
    for first in stride(from: 0, to: indices.count, by: width) {
      var start = 0
      for dimension in 0..<width {
        let index = indices[first + dimension]
        let place = index < 0 ? index + shape[dimension] : index
        guard (0..<shape[dimension]).contains(place) else { return nil }
        start += place * strides[dimension]
      }
      starts.append(start)
    }
    return (starts, shape[width...].reduce(1, *))
  }

  /// `GatherND`: what index tuples point to.
  private func gatheredPlaces() throws(ONNXError) -> ONNXConstant? {
    guard inputs.count == 2, node.int("batch_dims", 0) == 0, inputs[0].count > 0, inputs[0].count <= limit,
      let (starts, length) = try pointed(inputs[1], into: inputs[0].shape), let width = inputs[1].shape.last
    else { return nil }
    let shape = inputs[1].shape.dropLast() + inputs[0].shape[width...]
    guard let count = Array(shape).elementCount, count <= limit else { return nil }
    return try inputs[0].elements(Self.places([starts, Array(0..<length)], [1, 1]), shape: Array(shape))
  }

  /// `ScatterND`: a tensor with other elements where index tuples point to.
  private func scattered() throws(ONNXError) -> ONNXConstant? {
    guard inputs.count == 3, node.string("reduction", "none") == "none", inputs[0].count > 0,
      inputs[0].count <= limit, let (starts, length) = try pointed(inputs[1], into: inputs[0].shape),
      inputs[2].count == starts.count * length, inputs[0].isWhole == inputs[2].isWhole
    else { return nil }
    func replaced<Element>(_ values: [Element], _ others: [Element]) -> [Element] {
      var result = values
      for (row, start) in starts.enumerated() {
        result.replaceSubrange(start..<start + length, with: others[row * length..<(row + 1) * length])
      }
      return result
    }
    let shape = inputs[0].shape
    return inputs[0].isWhole
      ? ONNXConstant(replaced(try inputs[0].integers(), try inputs[2].integers()), shape: shape)
      : ONNXConstant(replaced(try inputs[0].floats(), try inputs[2].floats()), shape: shape)
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
      var result: [Element] = []
      for row in 0..<outer {
        for part in values {
          let length = part.count / outer
          result += part[row * length..<(row + 1) * length]
        }
      }
      return result
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

  /// Stretches of dimensions.
  private func sliced() throws(ONNXError) -> ONNXConstant? {
    let given = optionalInputs.dropFirst()
    guard given.count >= 2, let starts = given[1], let ends = given[2], inputs[0].count <= limit,
      given.allSatisfy({ ($0?.count ?? 1) <= Self.largestRank })
    else { return nil }
    var shape = inputs[0].shape
    guard shape.count == 1 || !shape.contains(0) else { return nil }
    let (first, last) = (try starts.integers(), try ends.integers())
    let axes = try (given.count > 2 ? given[3] : nil)?.integers() ?? Array(first.indices)
    let steps = try (given.count > 3 ? given[4] : nil)?.integers() ?? [Int](repeating: 1, count: first.count)
    guard last.count == first.count, axes.count == first.count, steps.count == first.count else { return nil }
    var kept = shape.map { Array(0..<$0) }
    for (index, axis) in axes.enumerated() {
      guard let axis = self.axis(axis, of: shape) else { return nil }
      kept[axis] = Self.places(inputs[0].shape[axis], from: first[index], to: last[index], step: steps[index])
    }
    let strides = shape.elementStrides
    shape = kept.map(\.count)
    return try inputs[0].elements(Self.places(kept, strides), shape: shape)
  }

  private func permuted() throws(ONNXError) -> ONNXConstant? {
    let shape = inputs[0].shape
    let order = node.ints("perm") ?? shape.indices.reversed()
    guard order.sorted() == Array(shape.indices), inputs[0].count > 0, inputs[0].count <= limit else { return nil }
    let strides = shape.elementStrides
    let places = Self.places(order.map { Array(0..<shape[$0]) }, order.map { strides[$0] })
    return try inputs[0].elements(places, shape: order.map { shape[$0] })
  }

  /// Where the elements lie whose index along each dimension is one of `kept`, in row-major order.
  static func places(_ kept: [[Int]], _ strides: [Int]) -> [Int] {
    var places = [0]
    for (indices, stride) in zip(kept, strides) {
      places = places.flatMap { place in indices.map { place + $0 * stride } }
    }
    return places
  }

  /// A dimension, which counts from the last where it is negative; nil where there is none.
  func axis(_ axis: Int, of shape: [Int]) -> Int? {
    let index = axis < 0 ? axis + shape.count : axis
    return shape.indices.contains(index) ? index : nil
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

  /// To a shape in which elements are repeated.
  private func expanded(to target: [Int]) throws(ONNXError) -> ONNXConstant? {
    guard let shape = Self.broadcast(inputs[0].shape, target), let count = shape.elementCount else { return nil }
    if count == inputs[0].count {
      var result = inputs[0]
      if result.isTransposed { return nil }
      result.shape = shape
      return result
    }
    guard count > 0, count <= limit, inputs[0].count > 0 else { return nil }
    return try inputs[0].elements(Self.places(of: inputs[0].shape, in: shape), shape: shape)
  }

  private func filled() throws(ONNXError) -> ONNXConstant? {
    guard inputs[0].count <= Self.largestRank else { return nil }
    let shape = try inputs[0].integers()
    guard shape.allSatisfy({ $0 >= 0 }), let count = shape.elementCount, count <= limit else { return nil }
    guard case .tensor(let tensor)? = node.attributes["value"] else {
      return ONNXConstant([Float](repeating: 0, count: count), shape: shape)
    }
    guard tensor.count == 1 else { return nil }
    return tensor.elementType.isWhole
      ? ONNXConstant([Int](repeating: try tensor.integers()[0], count: count), shape: shape)
      : ONNXConstant([Float](repeating: try tensor.floats()[0], count: count), shape: shape)
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
  static func broadcast(_ a: [Int], _ b: [Int]) -> [Int]? {
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

  /// Where the elements of a tensor lie that is repeated to a larger shape.
  static func places(of shape: [Int], in result: [Int]) -> [Int] {
    let strides = [Int](repeating: 0, count: result.count - shape.count) + shape.elementStrides
    let lengths = [Int](repeating: 1, count: result.count - shape.count) + shape
    return places(result.map { Array(0..<$0) }, zip(strides, lengths).map { $1 == 1 ? 0 : $0 })
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
