/// A value that does not depend on the picture.
struct ONNXConstant: Sendable {
  enum Values: Sendable {
    case stored(ONNXTensor)
    case integers([Int])
  }

  var shape: [Int]
  var values: Values

  init(_ tensor: ONNXTensor) { (shape, values) = (tensor.shape, .stored(tensor)) }
  init(_ integers: [Int], shape: [Int]) { (self.shape, values) = (shape, .integers(integers)) }

  var count: Int { shape.reduce(1, *) }

  var isWhole: Bool {
    switch values {
    case .stored(let tensor): tensor.elementType.isWhole
    case .integers: true
    }
  }

  /// Elements as whole numbers.
  func integers() throws(ONNXError) -> [Int] {
    switch values {
    case .stored(let tensor): try tensor.integers()
    case .integers(let integers): integers
    }
  }

  func floats() throws(ONNXError) -> [Float] {
    switch values {
    case .stored(let tensor): try tensor.floats()
    case .integers(let integers): integers.map { Float($0) }
    }
  }

  /// The only element; nil where there are several.
  func scalar() throws(ONNXError) -> Float? { count == 1 ? try floats()[0] : nil }

  /// As weights.
  ///
  /// - Parameter shape: another one of as many elements; nil for the constant's own.
  func weight(shape: [Int]? = nil) throws(ONNXError) -> any WeightTensor {
    if case .stored(let tensor) = values { return try ONNXWeight(tensor, shape: shape ?? self.shape) }
    return ComputedWeight(shape: shape ?? self.shape, values: try floats())
  }
}
