/// Memory for Floats that kernels read and write, of zeros at first.
final class AlignedFloats {
  let values: UnsafeMutablePointer<Float>

  /// - Throws: `EngineError.outOfMemory`.
  init(_ count: Int) throws(EngineError) {
    values = try allocateAligned(max(count, 16) * MemoryLayout<Float>.size + ArenaPlanner.slack)
      .assumingMemoryBound(to: Float.self)
    values.update(repeating: 0, count: max(count, 16))
  }

  deinit { UnsafeMutableRawPointer(values).deallocate() }
}
