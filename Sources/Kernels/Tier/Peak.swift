// Register-only loops that show what the core's multiply-accumulate units can do at best: the yardstick of benchmarks.

#if TIER_AVX512VNNI
  private typealias PeakTile<T> = InlineArray<24, T>
#elseif TIER_SSE4
  private typealias PeakTile<T> = InlineArray<8, T>
#else
  private typealias PeakTile<T> = InlineArray<12, T>
#endif

// The accumulators are operands too: otherwise the compiler would hoist the products out of the loop.

/// Multiply-accumulates `iterations` times into as many registers as a tile has; returns the operations done.
@inline(never) public func peakInt8(_ iterations: Int, _ operands: UnsafeRawPointer) -> (macs: Int, sum: Int32) {
  var sums = PeakTile<VInt32>(repeating: .zero)
  for i in 0..<sums.count { sums[i] = VInt32(repeating: (operands + 4 * i).loadUnaligned(as: Int32.self)) }
  let w = widen((operands + 64).loadUnaligned(as: VInt32.self))
  for _ in 0..<iterations {
    for i in 0..<sums.count { sums[i] = dot4(sums[i], asGroup(sums[i]), w) }
  }
  var total = VInt32.zero
  for i in 0..<sums.count { total = total &+ sums[i] }
  return (iterations * sums.count * lanes * 4, total.wrappedSum())
}

/// The same in Float.
@inline(never) public func peakFloat(_ iterations: Int, _ operands: UnsafeRawPointer) -> (macs: Int, sum: Float) {
  var sums = PeakTile<VFloat>(repeating: .zero)
  for i in 0..<sums.count { sums[i] = VFloat(repeating: Float(i)) }
  let a = VFloat(repeating: operands.load(as: Float.self))
  let w = (operands + 64).loadUnaligned(as: VFloat.self)
  for _ in 0..<iterations {
    for i in 0..<sums.count { sums[i] = multiplyAdd(a, sums[i], w) }
  }
  var total = VFloat.zero
  for i in 0..<sums.count { total += sums[i] }
  return (iterations * sums.count * lanes, total.sum())
}

#if TIER_AVX512VNNI || TIER_AVXVNNI
  @inline(__always) private func asGroup(_ v: VInt32) -> ActivationGroup { v }
#else
  @inline(__always) private func asGroup(_ v: VInt32) -> ActivationGroup { ActivationGroup(even: v, odd: v) }
#endif
