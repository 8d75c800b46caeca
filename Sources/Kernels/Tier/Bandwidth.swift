// A loop that does nothing but read: what memory and caches can deliver at best, the yardstick of benchmarks.

/// Reads `bytes` of memory in order, as far as they fill whole steps of eight vectors; returns the union of their bits.
@inline(never) public func readMemory(_ memory: UnsafeRawPointer, bytes: Int) -> Int32 {
  let vector = MemoryLayout<VInt32>.size
  // Several chains, so that no load waits for the one before.
  var s0 = VInt32.zero
  var s1 = VInt32.zero
  var s2 = VInt32.zero
  var s3 = VInt32.zero
  var p = memory
  let end = memory + bytes / (8 * vector) * (8 * vector)
  while p < end {
    s0 = s0 | p.loadUnaligned(as: VInt32.self)
    s1 = s1 | (p + vector).loadUnaligned(as: VInt32.self)
    s2 = s2 | (p + 2 * vector).loadUnaligned(as: VInt32.self)
    s3 = s3 | (p + 3 * vector).loadUnaligned(as: VInt32.self)
    s0 = s0 | (p + 4 * vector).loadUnaligned(as: VInt32.self)
    s1 = s1 | (p + 5 * vector).loadUnaligned(as: VInt32.self)
    s2 = s2 | (p + 6 * vector).loadUnaligned(as: VInt32.self)
    s3 = s3 | (p + 7 * vector).loadUnaligned(as: VInt32.self)
    p += 8 * vector
  }
  let union = (s0 | s1) | (s2 | s3)
  var result: Int32 = 0
  for lane in 0..<lanes { result |= union[lane] }
  return result
}
