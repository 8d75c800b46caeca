/// A tensor of an ONNX file as weights: anything that widens to Float.
struct ONNXWeight: WeightTensor {
  let shape: [Int]
  private let values: ONNXValues

  /// - Precondition: `shape` has as many elements as the tensor.
  init(_ tensor: ONNXTensor, shape: [Int]) throws(ONNXError) {
    self.shape = shape
    values = try tensor.values()
  }

  var dtype: DType { .f32 }
  func read(_ range: Range<Int>, into target: UnsafeMutablePointer<Float>) { values.read(range, into: target) }
  func release(_ range: Range<Int>) { values.release(range) }
  var integers: [Int]? { nil }
}

/// Weights that were computed, or that are stored in another order.
struct ComputedWeight: WeightTensor {
  let shape: [Int]
  let values: [Float]

  var dtype: DType { .f32 }

  func read(_ range: Range<Int>, into target: UnsafeMutablePointer<Float>) {
    for (index, place) in range.enumerated() { target[index] = values[place] }
  }

  func release(_ range: Range<Int>) {}
  var integers: [Int]? { nil }
}

/// A matrix `[columns, rows]` of an ONNX file read as `[rows, columns]`.
struct TransposedWeight: WeightTensor {
  let shape: [Int]
  private let values: ONNXValues

  /// - Precondition: `rows` times `columns` is the number of the tensor's elements.
  init(_ tensor: ONNXTensor, rows: Int, columns: Int) throws(ONNXError) {
    shape = [rows, columns]
    values = try tensor.values()
  }

  var dtype: DType { .f32 }

  func read(_ range: Range<Int>, into target: UnsafeMutablePointer<Float>) {
    let (rows, columns) = (shape[0], shape[1])
    for (index, place) in range.enumerated() {
      let source = place % columns * rows + place / columns
      values.read(source..<source + 1, into: target + index)
    }
  }

  /// Every row of the file holds elements of all rows that are read.
  func release(_ range: Range<Int>) {}
  var integers: [Int]? { nil }
}

/// A tensor with another shape of as many elements.
struct ReshapedWeight: WeightTensor {
  let shape: [Int]
  private let tensor: any WeightTensor

  init(_ tensor: any WeightTensor, shape: [Int]) { (self.tensor, self.shape) = (tensor, shape) }

  var dtype: DType { tensor.dtype }
  func read(_ range: Range<Int>, into target: UnsafeMutablePointer<Float>) { tensor.read(range, into: target) }
  func release(_ range: Range<Int>) { tensor.release(range) }
  func codes(_ range: Range<Int>, into target: UnsafeMutablePointer<Int8>) -> Float? {
    tensor.codes(range, into: target)
  }
  var integers: [Int]? { tensor.integers }
}
