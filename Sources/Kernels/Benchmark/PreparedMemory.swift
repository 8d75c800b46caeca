/// A tensor in the form that convolutions read; the memory is its maker's.
struct PreparedMemory {
  let form: PreparedInput
  let levels: UnsafeMutableRawPointer
  let scales: UnsafeMutablePointer<Float>
  private let bytes: Int
  private let zeroPoint: Int32

  init(
    _ form: PreparedInput, _ format: ActivationFormat, levels: UnsafeMutableRawPointer,
    scales: UnsafeMutablePointer<Float>
  ) {
    (self.form, self.levels, self.scales) = (form, levels, scales)
    bytes = form.byteCount(format)
    zeroPoint = format.zeroPoint(isSigned: form.isSigned)
  }

  /// The memory as a place to write to.
  var output: QuantizedOutput { QuantizedOutput(form: form, levels: levels, scales: scales) }

  /// The levels as a residual.
  var residual: Residual { .quantized(form, levels: levels, scales: scales) }

  /// What a quantized form holds: levels around zero, whatever the format stores.
  var result: KernelResult {
    let stored = UnsafeBufferPointer(start: levels.assumingMemoryBound(to: UInt8.self), count: bytes)
    let levels = stored.map { byte in
      let level = Int32(byte) - zeroPoint
      return form.isSigned ? Int32(Int8(truncatingIfNeeded: level)) : Int32(UInt8(truncatingIfNeeded: level))
    }
    return KernelResult(values: Array(UnsafeBufferPointer(start: scales, count: form.scaleCount)), levels: levels)
  }
}

extension PreparedInput {
  /// Bytes of levels, or Floats, and scales.
  package func storedBytes(_ format: ActivationFormat) -> Int {
    byteCount(format) + scaleCount * MemoryLayout<Float>.size
  }
}
