/// Makes the operands of a kernel's run: pseudo-random, the same for every context.
package final class KernelOperands {
  package let context: ExecutionContext
  private let memory: any OperandMemory
  private var random = SplitMix64(state: 1)

  /// - Parameter memory: nil: aligned to cache lines.
  package init(_ context: ExecutionContext, memory: (any OperandMemory)? = nil) {
    self.context = context
    self.memory = memory ?? AlignedOperands()
  }

  func bytes(_ count: Int) -> UnsafeMutableRawPointer { memory.allocate(count) }

  /// Evenly distributed Floats.
  func floats(_ count: Int, in range: ClosedRange<Float> = -1...1) -> UnsafeMutablePointer<Float> {
    let values = bytes(count * MemoryLayout<Float>.size).assumingMemoryBound(to: Float.self)
    for i in 0..<count { values[i] = random.float(in: range) }
    return values
  }

  /// Levels -127...127.
  func levels(_ count: Int) -> UnsafeMutablePointer<Int8> {
    let levels = bytes(count).assumingMemoryBound(to: Int8.self)
    var bits: UInt64 = 0
    for i in 0..<count {
      if i % 8 == 0 { bits = random.next() }
      levels[i] = max(-127, Int8(truncatingIfNeeded: bits))
      bits >>= 8
    }
    return levels
  }

  /// bf16 values of -1...1.
  func bfloat16(_ count: Int) -> UnsafeMutablePointer<UInt16> {
    let values = bytes(2 * count).assumingMemoryBound(to: UInt16.self)
    for i in 0..<count { values[i] = Reference.bfloat16(random.float(in: -1...1)) }
    return values
  }

  /// Floats, all not-a-number: what a kernel leaves out shows.
  func uninitialized(_ count: Int) -> UnsafeMutablePointer<Float> {
    let values = bytes(count * MemoryLayout<Float>.size).assumingMemoryBound(to: Float.self)
    values.update(repeating: .nan, count: count)
    return values
  }

  /// Memory of a tensor in the form that convolutions read.
  func prepared(_ form: PreparedInput) -> PreparedMemory {
    let format = context.kernels.activationFormat
    return PreparedMemory(
      form, format, levels: bytes(form.byteCount(format)), scales: uninitialized(max(1, form.scaleCount)))
  }

  /// The same with a pseudo-random tensor in it.
  func prepared(_ form: PreparedInput, in range: ClosedRange<Float>) -> PreparedMemory {
    let memory = prepared(form)
    let input = floats(form.height * form.width * form.channels, in: range)
    context.prepare(input, as: form, into: memory.levels, scales: memory.scales)
    return memory
  }

  /// A run of a body that writes `count` Floats.
  func writing(_ count: Int, _ body: @escaping (UnsafeMutablePointer<Float>) -> Void) -> KernelRun {
    let output = uninitialized(count)
    return run {
      body(output)
    } result: {
      KernelResult(values: Array(UnsafeBufferPointer(start: output, count: count)))
    }
  }

  /// A run that keeps these operands as long as it lasts itself.
  func run(_ body: @escaping () -> Void, result: @escaping () -> KernelResult) -> KernelRun {
    KernelRun(
      run: { withExtendedLifetime(self) { body() } }, result: { withExtendedLifetime(self) { result() } })
  }
}
