import Glibc

// Arithmetic of constants: position embeddings, masks and weights that networks compute in each pass.

extension ConstantFolding {
  /// A function of every element of a tensor of floats.
  func function() throws(ONNXError) -> ONNXConstant? {
    guard inputs.count == 1, inputs[0].count <= limit else { return nil }
    if inputs[0].isWhole {
      switch node.opType {
      case "Neg": return ONNXConstant(try inputs[0].integers().map { 0 &- $0 }, shape: inputs[0].shape)
      case "Not": return ONNXConstant(try inputs[0].integers().map { $0 == 0 ? 1 : 0 }, shape: inputs[0].shape)
      case "Abs": return ONNXConstant(try inputs[0].integers().map { abs(max($0, -.max)) }, shape: inputs[0].shape)
      default: return nil
      }
    }
    guard let function = Self.functions[node.opType] else { return nil }
    return ONNXConstant(try inputs[0].floats().map(function), shape: inputs[0].shape)
  }

  private static let functions: [String: @Sendable (Float) -> Float] = [
    "Sqrt": { $0.squareRoot() }, "Neg": { -$0 }, "Reciprocal": { 1 / $0 }, "Ceil": { $0.rounded(.up) },
    "Floor": { $0.rounded(.down) }, "Abs": { abs($0) }, "Exp": { exp($0) }, "Log": { log($0) }, "Sin": { sin($0) },
    "Cos": { cos($0) }, "Tanh": { tanh($0) }, "Erf": { erf($0) }, "Relu": { max($0, 0) },
    "Sigmoid": { 1 / (1 + exp(-$0)) }, "Softplus": { log1p(exp(-abs($0))) + max($0, 0) },
  ]

  /// Of two constants, the elements of one repeated where the other has more.
  func arithmetic() throws(ONNXError) -> ONNXConstant? {
    guard inputs.count == 2, inputs.allSatisfy({ $0.count <= limit }),
      let shape = Self.broadcast(inputs[0].shape, inputs[1].shape), let count = shape.elementCount,
      count > 0, count <= limit
    else { return nil }
    if inputs.allSatisfy(\.isWhole) {
      let (first, second) = (try integers(0, in: shape), try integers(1, in: shape))
      let values = zip(first, second).compactMap(whole)
      return values.count == count ? ONNXConstant(values, shape: shape) : nil
    }
    let (first, second) = (try floats(0, in: shape), try floats(1, in: shape))
    if let comparison = Self.comparisons[node.opType] {
      return ONNXConstant(zip(first, second).map { comparison($0, $1) ? 1 : 0 }, shape: shape)
    }
    guard let operation = Self.operations[node.opType] else { return nil }
    return ONNXConstant(zip(first, second).map(operation), shape: shape)
  }

  private static let operations: [String: @Sendable (Float, Float) -> Float] = [
    "Add": { $0 + $1 }, "Sub": { $0 - $1 }, "Mul": { $0 * $1 }, "Div": { $0 / $1 }, "Pow": { pow($0, $1) },
    "Min": { min($0, $1) }, "Max": { max($0, $1) },
  ]

  private static let comparisons: [String: @Sendable (Float, Float) -> Bool] = [
    "Equal": { $0 == $1 }, "Less": { $0 < $1 }, "LessOrEqual": { $0 <= $1 }, "Greater": { $0 > $1 },
    "GreaterOrEqual": { $0 >= $1 },
  ]

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
    case "Min": return min(x, y)
    case "Max": return max(x, y)
    case "Equal": return x == y ? 1 : 0
    case "Less": return x < y ? 1 : 0
    case "LessOrEqual": return x <= y ? 1 : 0
    case "Greater": return x > y ? 1 : 0
    case "GreaterOrEqual": return x >= y ? 1 : 0
    case "And": return x != 0 && y != 0 ? 1 : 0
    case "Or": return x != 0 || y != 0 ? 1 : 0
    default: return nil
    }
    return result.overflow ? nil : result.partialValue
  }

  /// The elements of an input, repeated to a shape.
  private func floats(_ input: Int, in shape: [Int]) throws(ONNXError) -> [Float] {
    let values = try inputs[input].floats()
    return inputs[input].shape == shape ? values : Self.places(of: inputs[input].shape, in: shape).map { values[$0] }
  }

  private func integers(_ input: Int, in shape: [Int]) throws(ONNXError) -> [Int] {
    let values = try inputs[input].integers()
    return inputs[input].shape == shape ? values : Self.places(of: inputs[input].shape, in: shape).map { values[$0] }
  }

  /// `Where`: elements of the second or the third input.
  func chosen() throws(ONNXError) -> ONNXConstant? {
    guard inputs.count == 3, inputs[0].isWhole, inputs.allSatisfy({ $0.count <= limit }),
      let pair = Self.broadcast(inputs[1].shape, inputs[2].shape),
      let shape = Self.broadcast(inputs[0].shape, pair), let count = shape.elementCount,
      count > 0, count <= limit
    else { return nil }
    let conditions = try integers(0, in: shape)
    if inputs[1].isWhole, inputs[2].isWhole {
      let (first, second) = (try integers(1, in: shape), try integers(2, in: shape))
      return ONNXConstant(conditions.indices.map { conditions[$0] != 0 ? first[$0] : second[$0] }, shape: shape)
    }
    let (first, second) = (try floats(1, in: shape), try floats(2, in: shape))
    return ONNXConstant(conditions.indices.map { conditions[$0] != 0 ? first[$0] : second[$0] }, shape: shape)
  }

  /// Bounds are inputs or, before opset 11, attributes.
  func clipped() throws(ONNXError) -> ONNXConstant? {
    guard let input = optionalInputs[0], input.count <= limit, optionalInputs.count <= 3 else { return nil }
    let bounds = optionalInputs.dropFirst()
    guard bounds.allSatisfy({ $0 == nil || $0?.count == 1 }) else { return nil }
    func bound(_ index: Int) -> ONNXConstant? { bounds.indices.contains(index) ? bounds[index] : nil }
    if input.isWhole {
      let lower = try bound(1)?.integers()[0] ?? .min
      let upper = try bound(2)?.integers()[0] ?? .max
      return ONNXConstant(try input.integers().map { min(max($0, lower), upper) }, shape: input.shape)
    }
    let lower = try bound(1)?.floats()[0] ?? node.float("min", -.infinity)
    let upper = try bound(2)?.floats()[0] ?? node.float("max", .infinity)
    return ONNXConstant(try input.floats().map { min(max($0, lower), upper) }, shape: input.shape)
  }

  /// Every dimension several times.
  func tiled() throws(ONNXError) -> ONNXConstant? {
    guard inputs.count == 2, inputs[1].count == inputs[0].shape.count, inputs[1].count <= Self.largestRank,
      inputs[0].count > 0, inputs[0].count <= limit
    else { return nil }
    let (lengths, repeats) = (inputs[0].shape, try inputs[1].integers())
    var shape: [Int] = []
    for (length, count) in zip(lengths, repeats) {
      let (product, overflows) = length.multipliedReportingOverflow(by: count)
      guard count > 0, !overflows else { return nil }
      shape.append(product)
    }
    guard let count = shape.elementCount, count <= limit else { return nil }
    let kept = zip(shape, lengths).map { total, length in (0..<total).map { $0 % length } }
    return try inputs[0].elements(Self.places(kept, lengths.elementStrides), shape: shape)
  }

  /// `Range`: from a start to a limit in steps.
  func counted() throws(ONNXError) -> ONNXConstant? {
    guard inputs.count == 3, inputs.allSatisfy({ $0.count == 1 }) else { return nil }
    if inputs.allSatisfy(\.isWhole) {
      let (start, end, step) = (try inputs[0].integers()[0], try inputs[1].integers()[0], try inputs[2].integers()[0])
      guard step != 0, [start, end, step].allSatisfy({ abs(max($0, -.max)) <= 1 << 40 }) else { return nil }
      let count = max(0, (end - start + step - step.signum()) / step)
      return count <= limit ? ONNXConstant((0..<count).map { start + $0 * step }, shape: [count]) : nil
    }
    let (start, end, step) = (try inputs[0].floats()[0], try inputs[1].floats()[0], try inputs[2].floats()[0])
    let steps = ((end - start) / step).rounded(.up)
    guard abs(steps) <= Float(limit) else { return nil }
    let count = max(0, Int(steps))
    return ONNXConstant((0..<count).map { start + Float($0) * step }, shape: [count])
  }

  /// Sums of the elements up to each one along a dimension.
  func cumulated() throws(ONNXError) -> ONNXConstant? {
    guard inputs.count == 2, inputs[1].count == 1, inputs[0].count > 0, inputs[0].count <= limit,
      !inputs[0].isWhole || inputs[0].count <= Self.largestWholeSum, node.int("exclusive", 0) == 0,
      node.int("reverse", 0) == 0, let axis = axis(try inputs[1].integers()[0], of: inputs[0].shape)
    else { return nil }
    let (shape, stride) = (inputs[0].shape, inputs[0].shape.elementStrides[axis])
    var values = try inputs[0].floats()
    for index in values.indices where index / stride % shape[axis] > 0 { values[index] += values[index - stride] }
    guard inputs[0].isWhole else { return ONNXConstant(values, shape: shape) }
    let integers = values.compactMap { Int(exactly: $0) }
    return integers.count == values.count ? ONNXConstant(integers, shape: shape) : nil
  }

  /// Elements whose indices Float counts exactly.
  private static let largestWholeSum = 1 << 20

  /// Sums, means, extremes and norms over dimensions.
  func reduced() throws(ONNXError) -> ONNXConstant? {
    guard let input = optionalInputs[0], !input.isWhole, input.count > 0, input.count <= limit else { return nil }
    var axes = node.ints("axes")
    if optionalInputs.count > 1, let given = optionalInputs[1] {
      guard given.count <= Self.largestRank else { return nil }
      axes = try given.integers()
    }
    let shape = input.shape
    if axes?.isEmpty != false, node.int("noop_with_empty_axes", 0) != 0 { return input }
    let given = axes.flatMap { $0.isEmpty ? nil : $0 } ?? Array(shape.indices)
    let reduced = Set(given.compactMap { axis($0, of: shape) })
    guard reduced.count == given.count else { return nil }
    let strides = shape.elementStrides
    func places(_ isReduced: Bool) -> [Int] {
      let dimensions = shape.indices.filter { reduced.contains($0) == isReduced }
      return Self.places(dimensions.map { Array(0..<shape[$0]) }, dimensions.map { strides[$0] })
    }
    let (values, offsets) = (try input.floats(), places(true))
    var results: [Float] = []
    for first in places(false) {
      let elements = offsets.lazy.map { Double(values[first + $0]) }
      let result: Double
      switch node.opType {
      case "ReduceMean": result = elements.reduce(0, +) / Double(offsets.count)
      case "ReduceSum": result = elements.reduce(0, +)
      case "ReduceProd": result = elements.reduce(1, *)
      case "ReduceMax": result = elements.reduce(-.infinity, max)
      case "ReduceMin": result = elements.reduce(.infinity, min)
      case "ReduceSumSquare": result = elements.reduce(0) { $0 + $1 * $1 }
      case "ReduceL2": result = elements.reduce(0) { $0 + $1 * $1 }.squareRoot()
      default: return nil
      }
      results.append(Float(result))
    }
    let keeps = node.int("keepdims", 1) != 0
    let lengths = shape.indices.compactMap { index in
      reduced.contains(index) ? (keeps ? 1 : nil) : shape[index]
    }
    return ONNXConstant(results, shape: lengths)
  }

  /// A tensor times a matrix.
  func product() throws(ONNXError) -> ONNXConstant? {
    guard inputs.count == 2, inputs.allSatisfy({ !$0.isWhole && $0.count > 0 && $0.count <= limit }),
      inputs[1].shape.count == 2, let depth = inputs[0].shape.last, depth == inputs[1].shape[0]
    else { return nil }
    let columns = inputs[1].shape[1]
    let shape = inputs[0].shape.dropLast() + [columns]
    let values = try product(try inputs[0].floats(), try inputs[1].floats(), depth: depth, columns: columns)
    return values.map { ONNXConstant($0, shape: Array(shape)) }
  }

  /// A convolution of single pixels.
  func pixelProduct() throws(ONNXError) -> ONNXConstant? {
    guard let input = optionalInputs[0], optionalInputs.count > 1, let weights = optionalInputs[1],
      input.shape.count == 4, input.shape[0] == 1, weights.shape.count == 4, weights.shape[2...] == [1, 1],
      weights.shape[1] == input.shape[1], node.int("group", 1) == 1, input.count > 0, input.count <= limit,
      weights.count > 0, weights.count <= limit, node.ints("pads")?.allSatisfy({ $0 == 0 }) != false,
      node.ints("strides")?.allSatisfy({ $0 == 1 }) != false
    else { return nil }
    let (depth, pixels, outputs) = (input.shape[1], input.shape[2] * input.shape[3], weights.shape[0])
    guard
      var values = try product(try weights.floats(), try input.floats(), depth: depth, columns: pixels)
    else { return nil }
    if optionalInputs.count > 2, let bias = optionalInputs[2] {
      guard bias.count == outputs else { return nil }
      let summands = try bias.floats()
      for index in values.indices { values[index] += summands[index / pixels] }
    }
    return ONNXConstant(values, shape: [1, outputs, input.shape[2], input.shape[3]])
  }

  /// `BatchNormalization` of weights, as networks without normalization of activations have it.
  func normalized() throws(ONNXError) -> ONNXConstant? {
    guard inputs.count == 5, inputs.allSatisfy({ !$0.isWhole && $0.count > 0 && $0.count <= limit }),
      inputs[0].shape.count >= 2, inputs.dropFirst().allSatisfy({ $0.count == inputs[0].shape[1] })
    else { return nil }
    let shape = inputs[0].shape
    let (channels, stride) = (shape[1], shape.elementStrides[1])
    var values = try inputs[0].floats()
    var (means, variances) = (try inputs[3].floats().map(Double.init), try inputs[4].floats().map(Double.init))
    if node.int("training_mode", 0) != 0 {
      var (sums, squares) = ([Double](repeating: 0, count: channels), [Double](repeating: 0, count: channels))
      for (index, value) in values.enumerated() { sums[index / stride % channels] += Double(value) }
      let count = Double(values.count / channels)
      means = sums.map { $0 / count }
      for (index, value) in values.enumerated() {
        let channel = index / stride % channels
        squares[channel] += (Double(value) - means[channel]) * (Double(value) - means[channel])
      }
      variances = squares.map { $0 / count }
    }
    let (weights, biases) = (try inputs[1].floats(), try inputs[2].floats())
    let epsilon = Double(node.float("epsilon", 1e-5))
    for index in values.indices {
      let channel = index / stride % channels
      let scaled = (Double(values[index]) - means[channel]) / (variances[channel] + epsilon).squareRoot()
      values[index] = Float(scaled * Double(weights[channel]) + Double(biases[channel]))
    }
    return ONNXConstant(values, shape: shape)
  }

  /// `[rows, depth]` times `[depth, columns]`; nil where that is too much for an import.
  private func product(
    _ first: [Float], _ second: [Float], depth: Int, columns: Int
  ) throws(ONNXError) -> [Float]? {
    let rows = first.count / depth
    let (count, overflows) = rows.multipliedReportingOverflow(by: columns)
    guard !overflows, count <= limit, count <= Self.largestProduct / depth else { return nil }
    var result = [Float](repeating: 0, count: count)
    for row in 0..<rows {
      for index in 0..<depth {
        let factor = first[row * depth + index]
        for column in 0..<columns { result[row * columns + column] += factor * second[index * columns + column] }
      }
    }
    return result
  }

  /// Multiplications; a tenth of a second.
  private static let largestProduct = 1 << 28
}
