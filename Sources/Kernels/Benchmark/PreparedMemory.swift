/// Memory of a tensor in the form that convolutions read.
final class PreparedMemory {
  let form: PreparedInput
  let levels, scales: AlignedMemory
  private let zeroPoint: Int32

  init(_ form: PreparedInput, _ format: ActivationFormat) {
    self.form = form
    levels = AlignedMemory(bytes: form.byteCount(format))
    scales = AlignedMemory(floats: max(1, form.scaleCount))
    zeroPoint = form.isSigned ? format.zeroPoint : 0
  }

  /// The memory as a place to write to.
  var output: QuantizedOutput { QuantizedOutput(form: form, levels: levels.pointer, scales: scales.floats) }

  /// What a quantized form holds.
  var result: KernelResult {
    let bytes = UnsafeBufferPointer(start: levels.pointer.assumingMemoryBound(to: UInt8.self), count: levels.bytes)
    return KernelResult(values: scales.floatValues(form.scaleCount), levels: bytes.map { Int32($0) - zeroPoint })
  }
}

extension PreparedInput {
  /// Bytes of levels, or Floats, and scales.
  package func storedBytes(_ format: ActivationFormat) -> Int {
    byteCount(format) + scaleCount * MemoryLayout<Float>.size
  }
}
