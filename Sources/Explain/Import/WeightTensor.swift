/// A tensor of trained weights, row-major, wherever it lies.
protocol WeightTensor: Sendable {
  /// Length of each dimension, outermost first.
  var shape: [Int] { get }
  var dtype: DType { get }

  /// Widens elements to Float.
  ///
  /// - Precondition: the type is floating and the range lies in the tensor.
  func read(_ range: Range<Int>, into target: UnsafeMutablePointer<Float>)

  /// Lets go of the memory that holds elements; they are read from the file again when they are needed.
  func release(_ range: Range<Int>)

  /// Elements of an I32 or I64 tensor, nil for any other.
  var integers: [Int]? { get }

  /// Reads codes in -127...127 that stand for the elements exactly, `element = scale * code`.
  ///
  /// - Returns: the scale; nil where the tensor is not stored so.
  func codes(_ range: Range<Int>, into target: UnsafeMutablePointer<Int8>) -> Float?
}

extension WeightTensor {
  /// Elements.
  var count: Int { shape.reduce(1, *) }

  func codes(_ range: Range<Int>, into target: UnsafeMutablePointer<Int8>) -> Float? { nil }
}

extension WeightFiles.Tensor: WeightTensor {
  var shape: [Int] { entry.shape }
  var dtype: DType { entry.dtype }

  func read(_ range: Range<Int>, into target: UnsafeMutablePointer<Float>) { file.read(entry, range, into: target) }

  func release(_ range: Range<Int>) { file.release(entry, range) }

  var integers: [Int]? {
    guard let bytes = file.bytes(of: entry.name) else { return nil }
    switch dtype {
    case .i32: return (0..<count).map { Int(bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Int32.self)) }
    case .i64: return (0..<count).map { Int(bytes.loadUnaligned(fromByteOffset: 8 * $0, as: Int64.self)) }
    default: return nil
    }
  }
}
