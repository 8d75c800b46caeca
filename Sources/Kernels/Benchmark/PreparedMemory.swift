/// Memory of a tensor in the form that convolutions read.
final class PreparedMemory {
  let form: PreparedInput
  let levels, scales: AlignedMemory
  private let zeroPoint: Int32

  init(_ form: PreparedInput, _ format: ActivationFormat) {
    self.form = form
    levels = AlignedMemory(bytes: form.byteCount(format))
    scales = AlignedMemory(floats: max(1, form.scaleCount))
    zeroPoint = format.zeroPoint(isSigned: form.isSigned)
  }

  /// The memory as a place to write to.
  var output: QuantizedOutput { QuantizedOutput(form: form, levels: levels.pointer, scales: scales.floats) }

  /// What a quantized form holds: levels around zero, whatever the format stores.
  var result: KernelResult {
    let bytes = UnsafeBufferPointer(start: levels.pointer.assumingMemoryBound(to: UInt8.self), count: levels.bytes)
    let levels = bytes.map { byte in
      let level = Int32(byte) - zeroPoint
      return form.isSigned ? Int32(Int8(truncatingIfNeeded: level)) : Int32(UInt8(truncatingIfNeeded: level))
    }
    return KernelResult(values: scales.floatValues(form.scaleCount), levels: levels)
  }
}

extension PreparedInput {
  /// Bytes of levels, or Floats, and scales.
  package func storedBytes(_ format: ActivationFormat) -> Int {
    byteCount(format) + scaleCount * MemoryLayout<Float>.size
  }
}
