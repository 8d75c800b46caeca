/// Memory that passes use in turn, zeroed; it is freed with the last of them.
final class PassMemory {
  let base: UnsafeMutableRawPointer

  /// - Parameter plans: whose passes shall fit.
  /// - Throws: `EngineError.outOfMemory`.
  init(_ plans: BackbonePlan...) throws(EngineError) {
    let count = max(1, plans.reduce(0) { max($0, $1.arena.byteCount) })
    base = try allocateAligned(count)
    base.initializeMemory(as: UInt8.self, repeating: 0, count: count)
  }

  deinit { base.deallocate() }
}
