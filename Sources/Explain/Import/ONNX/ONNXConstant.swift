/// A value that does not depend on the picture.
struct ONNXConstant: Sendable {
  enum Values: Sendable {
    case stored(ONNXTensor)
    case floats([Float])
    case integers([Int])
  }

  var shape: [Int]
  var values: Values

  init(_ tensor: ONNXTensor) { (shape, values) = (tensor.shape, .stored(tensor)) }
  init(_ integers: [Int], shape: [Int]) { (self.shape, values) = (shape, .integers(integers)) }
  init(_ floats: [Float], shape: [Int]) { (self.shape, values) = (shape, .floats(floats)) }

  var count: Int { shape.reduce(1, *) }

  var isWhole: Bool {
    switch values {
    case .stored(let tensor): tensor.elementType.isWhole
    case .floats: false
    case .integers: true
    }
  }

  /// Elements as whole numbers.
  func integers() throws(ONNXError) -> [Int] {
    switch values {
    case .stored(let tensor): try tensor.integers()
    case .integers(let integers): integers
    case .floats(let floats): floats.map { Int($0) }
    }
  }

  func floats() throws(ONNXError) -> [Float] {
    switch values {
    case .stored(let tensor): try tensor.floats()
    case .integers(let integers): integers.map { Float($0) }
    case .floats(let floats): floats
    }
  }

  /// The only element; nil where there are several.
  func scalar() throws(ONNXError) -> Float? { count == 1 ? try floats()[0] : nil }

  /// As weights in another shape of as many elements.
  func weight(shape: [Int]? = nil) throws(ONNXError) -> any WeightTensor {
    if case .stored(let tensor) = values { return try ONNXWeight(tensor, shape: shape) }
    return ComputedWeight(shape: shape ?? self.shape, values: try floats())
  }
}
