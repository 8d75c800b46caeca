/// A value that does not depend on the picture.
struct ONNXConstant: Sendable {
  enum Values: Sendable {
    case stored(ONNXTensor)
    /// A stored matrix `[columns, rows]`.
    case transposed(ONNXTensor)
    case integers([Int])
    case floats([Float])
    case quantized(ONNXQuantized)
  }

  var shape: [Int]
  var values: Values

  init(_ tensor: ONNXTensor) { (shape, values) = (tensor.shape, .stored(tensor)) }
  init(_ integers: [Int], shape: [Int]) { (self.shape, values) = (shape, .integers(integers)) }
  init(_ floats: [Float], shape: [Int]) { (self.shape, values) = (shape, .floats(floats)) }

  /// Elements.
  var count: Int { shape.contains(0) ? 0 : shape.reduce(1, *) }

  var isWhole: Bool {
    switch values {
    case .stored(let tensor): tensor.elementType.isWhole
    case .integers: true
    case .transposed, .floats: false
    case .quantized(let quantized): quantized.scale == nil
    }
  }

  /// Elements as whole numbers.
  func integers() throws(ONNXError) -> [Int] {
    switch values {
    case .stored(let tensor), .transposed(let tensor): return try tensor.integers()
    case .integers(let integers): return integers
    case .floats: throw .notWhole(tensor: "computed", .float)
    case .quantized(let quantized):
      guard isWhole else { throw .notWhole(tensor: quantized.tensor.name, .float) }
      return try floats().map { Int(exactly: $0) ?? 0 }
    }
  }

  func floats() throws(ONNXError) -> [Float] {
    switch values {
    case .stored(let tensor): return try tensor.floats()
    case .transposed(let tensor):
      let stored = try tensor.floats()
      return stored.indices.map { stored[$0 % shape[1] * shape[0] + $0 / shape[1]] }
    case .integers(let integers): return integers.map { Float($0) }
    case .floats(let floats): return floats
    case .quantized(let quantized):
      guard count <= ONNXTensor.wholeLimit else {
        throw .tooManyValues(tensor: quantized.tensor.name, count: count, limit: ONNXTensor.wholeLimit)
      }
      let weight = try quantizedWeight(quantized, shape)
      return [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
        if let target = buffer.baseAddress { weight.read(0..<count, into: target) }
        initialized = count
      }
    }
  }

  /// The elements at these places, as a tensor of another shape.
  func elements(_ places: [Int], shape: [Int]) throws(ONNXError) -> ONNXConstant {
    if isWhole {
      let values = try integers()
      return ONNXConstant(places.map { values[$0] }, shape: shape)
    }
    let values = try floats()
    return ONNXConstant(places.map { values[$0] }, shape: shape)
  }

  /// The only element; nil where there are several.
  func scalar() throws(ONNXError) -> Float? { count == 1 ? try floats()[0] : nil }

  /// As weights.
  ///
  /// - Parameter shape: another one of as many elements; nil for the constant's own.
  func weight(shape: [Int]? = nil) throws(ONNXError) -> any WeightTensor {
    let shape = shape ?? self.shape
    return switch values {
    case .stored(let tensor): try ONNXWeight(tensor, shape: shape)
    case .transposed(let tensor):
      try transposedWeight(tensor, shape)
    case .quantized(let quantized): try quantizedWeight(quantized, shape)
    case .integers, .floats: ComputedWeight(shape: shape, values: try floats())
    }
  }

  private func transposedWeight(_ tensor: ONNXTensor, _ shape: [Int]) throws(ONNXError) -> any WeightTensor {
    let weight = try TransposedWeight(tensor, rows: self.shape[0], columns: self.shape[1])
    return shape == weight.shape ? weight : ReshapedWeight(weight, shape: shape)
  }

  private func quantizedWeight(_ quantized: ONNXQuantized, _ shape: [Int]) throws(ONNXError) -> QuantizedWeight {
    guard quantized.isTransposed else { return try QuantizedWeight(quantized, shape: shape) }
    return try QuantizedWeight(quantized, shape: shape, rows: self.shape[0], columns: self.shape[1])
  }

  /// Whether the elements are stored in another order, so that `shape` has to stay.
  var isTransposed: Bool {
    switch values {
    case .transposed: true
    case .quantized(let quantized): quantized.isTransposed
    case .stored, .integers, .floats: false
    }
  }

  /// A matrix with rows and columns exchanged; nil where it is none.
  var transposed: ONNXConstant? {
    guard shape.count == 2 else { return nil }
    var result = self
    result.shape.swapAt(0, 1)
    switch values {
    case .stored(let tensor): result.values = .transposed(tensor)
    case .transposed(let tensor): result.values = .stored(tensor)
    case .floats(let floats):
      result.values = .floats(floats.indices.map { floats[$0 % shape[0] * shape[1] + $0 / shape[0]] })
    case .quantized(var quantized):
      quantized.isTransposed.toggle()
      result.values = .quantized(quantized)
    case .integers: return nil
    }
    return result
  }
}
