/// The numbers that integers stand for: `(integer - zeroPoint) * scale`, as QuantizeLinear and DequantizeLinear have it.
struct ONNXScale: Sendable {
  /// Of the tensor, or of each channel.
  let scales: [Float]
  /// As many.
  let zeroPoints: [Float]
  /// Elements of one channel that follow each other.
  private let run: Int

  /// Nil where it is neither one scale nor one for each index of a dimension.
  ///
  /// - Parameters:
  ///   - node: for the dimension.
  ///   - shape: of the tensor.
  init?(_ node: ONNXNode, shape: [Int], scale: ONNXConstant, zeroPoint: ONNXConstant?) throws(ONNXError) {
    guard node.int("block_size", 0) == 0 else { return nil }
    scales = try scale.floats()
    let zeros = try zeroPoint?.floats() ?? [0]
    guard zeros.count == scales.count || zeros.count == 1 else { return nil }
    zeroPoints = zeros.count == scales.count ? zeros : [Float](repeating: zeros[0], count: scales.count)
    if scales.count == 1 {
      run = 1
      return
    }
    let axis = node.int("axis", 1) < 0 ? node.int("axis", 1) + shape.count : node.int("axis", 1)
    guard shape.indices.contains(axis), shape[axis] == scales.count, !shape.contains(0) else { return nil }
    run = shape[(axis + 1)...].reduce(1, *)
  }

  /// The place in `scales` of an element, in the order of the file.
  func channel(_ element: Int) -> Int { scales.count == 1 ? 0 : element / run % scales.count }
}

/// How QuantizeLinear makes integers of floats.
struct ONNXRounding: Sendable {
  let scale: ONNXScale
  let range: ClosedRange<Float>

  /// Nil where types or shapes do not fit.
  init?(_ node: ONNXNode, shape: [Int], scale: ONNXConstant, zeroPoint: ONNXConstant?) throws(ONNXError) {
    var type = ONNXElementType(rawValue: Int32(truncatingIfNeeded: node.int("output_dtype", 0))) ?? .uint8
    if let zeroPoint {
      guard case .stored(let tensor) = zeroPoint.values else { return nil }
      type = tensor.elementType
    }
    guard let range = type.integerRange,
      let scale = try ONNXScale(node, shape: shape, scale: scale, zeroPoint: zeroPoint)
    else { return nil }
    (self.scale, self.range) = (scale, range)
  }

  func code(_ value: Float, _ element: Int) -> Float {
    let channel = scale.channel(element)
    let code = (value / scale.scales[channel]).rounded(.toNearestOrEven) + scale.zeroPoints[channel]
    // A NaN stays one.
    return code < range.lowerBound ? range.lowerBound : code > range.upperBound ? range.upperBound : code
  }
}

/// Constant integers of QuantizeLinear or of the file, and what DequantizeLinear makes of them.
struct ONNXQuantized: Sendable {
  /// Integers, or floats that are rounded to them first.
  let tensor: ONNXTensor
  let rounding: ONNXRounding?
  /// Nil stands for the integers themselves.
  var scale: ONNXScale?
  /// Whether rows and columns of the stored matrix are exchanged.
  var isTransposed = false

  init(_ tensor: ONNXTensor, _ rounding: ONNXRounding?, scale: ONNXScale? = nil) {
    (self.tensor, self.rounding, self.scale) = (tensor, rounding, scale)
  }
}

extension ONNXElementType {
  /// What QuantizeLinear rounds to; nil for types that are not supported.
  var integerRange: ClosedRange<Float>? {
    switch self {
    case .int8: -128...127
    case .uint8: 0...255
    case .int16: -32768...32767
    case .uint16: 0...65535
    default: nil
    }
  }
}

extension ONNXConstant {
  /// The result of QuantizeLinear or DequantizeLinear for constants; nil where it is not supported.
  static func rescaled(_ node: ONNXNode, _ inputs: [ONNXConstant]) throws(ONNXError) -> ONNXConstant? {
    guard inputs.count == 2 || inputs.count == 3 else { return nil }
    let (scale, zeroPoint) = (inputs[1], inputs.count > 2 ? inputs[2] : nil)
    let (tensor, rounding): (ONNXTensor, ONNXRounding?)
    switch inputs[0].values {
    case .stored(let stored): (tensor, rounding) = (stored, nil)
    case .quantized(let quantized) where quantized.scale == nil && !quantized.isTransposed:
      (tensor, rounding) = (quantized.tensor, quantized.rounding)
    case .integers(let integers):
      (tensor, rounding) = (ONNXTensor(integers, shape: inputs[0].shape, .int64, name: node.label), nil)
    case .floats, .transposed, .quantized:
      (tensor, rounding) = (ONNXTensor(try inputs[0].floats(), shape: inputs[0].shape, .float, name: node.label), nil)
    }
    var result = inputs[0]
    if node.opType == "QuantizeLinear" {
      guard !inputs[0].isWhole,
        let rounding = try ONNXRounding(node, shape: inputs[0].shape, scale: scale, zeroPoint: zeroPoint)
      else { return nil }
      result.values = .quantized(ONNXQuantized(tensor, rounding))
    } else {
      guard inputs[0].isWhole,
        let scale = try ONNXScale(node, shape: inputs[0].shape, scale: scale, zeroPoint: zeroPoint)
      else { return nil }
      result.values = .quantized(ONNXQuantized(tensor, rounding, scale: scale))
    }
    return result
  }
}

/// Weights that a file holds as integers, or that it rounds to them.
struct QuantizedWeight: WeightTensor {
  let shape: [Int]
  private let quantized: ONNXQuantized
  private let values: ONNXValues
  /// Of the matrix that is read, where it is stored `[columns, rows]`.
  private let rows, columns: Int

  /// - Precondition: `shape` has as many elements as the tensor.
  init(_ quantized: ONNXQuantized, shape: [Int], rows: Int = 0, columns: Int = 0) throws(ONNXError) {
    (self.shape, self.quantized, self.rows, self.columns) = (shape, quantized, rows, columns)
    values = try quantized.tensor.values()
  }

  var dtype: DType { .f32 }

  func read(_ range: Range<Int>, into target: UnsafeMutablePointer<Float>) {
    readCodes(range, into: target)
    guard let scale = quantized.scale else { return }
    for (index, place) in range.enumerated() {
      let channel = scale.channel(stored(place))
      target[index] = (target[index] - scale.zeroPoints[channel]) * scale.scales[channel]
    }
  }

  /// The integers, which are exact below 2^24.
  private func readCodes(_ range: Range<Int>, into target: UnsafeMutablePointer<Float>) {
    if quantized.isTransposed {
      for (index, place) in range.enumerated() {
        values.read(stored(place)..<stored(place) + 1, into: target + index)
      }
    } else {
      values.read(range, into: target)
    }
    guard let rounding = quantized.rounding else { return }
    for (index, place) in range.enumerated() { target[index] = rounding.code(target[index], stored(place)) }
  }

  /// The place of an element in the file.
  private func stored(_ place: Int) -> Int {
    quantized.isTransposed ? place % columns * rows + place / columns : place
  }

  func codes(_ range: Range<Int>, into target: UnsafeMutablePointer<Int8>) -> Float? {
    guard let scale = quantized.scale, let first = range.first else { return nil }
    let channel = scale.channel(stored(first))
    guard range.allSatisfy({ scale.channel(stored($0)) == channel }) else { return nil }
    return withUnsafeTemporaryAllocation(of: Float.self, capacity: range.count) { buffer -> Float? in
      guard let codes = buffer.baseAddress else { return nil }
      readCodes(range, into: codes)
      for index in 0..<range.count {
        let code = codes[index] - scale.zeroPoints[channel]
        guard code.magnitude <= Quantizer.limit, code == code.rounded() else { return nil }
        target[index] = Int8(code)
      }
      return scale.scales[channel]
    }
  }

  func release(_ range: Range<Int>) { if !quantized.isTransposed { values.release(range) } }
  var integers: [Int]? { nil }
}
