// Register-only loops that show what the core's multiply-accumulate units can do at best: the yardstick of benchmarks.

// The accumulators are operands too: otherwise the compiler would hoist the products out of the loop.

/// Multiply-accumulates `iterations` times into as many registers as a tile has; returns the operations done.
@inline(never) public func peakInt8(
  _ iterations: Int, _ operands: UnsafeRawPointer, _ result: UnsafeMutablePointer<Int32>
) -> Int {
  let w = (operands + 64).loadUnaligned(as: VInt32.self)
  var c0 = repeated(VSum.zero)
  var c1 = repeated(VSum.zero)
  for r in 0..<tileRows {
    c0[r] = VSum(repeating: (operands + 4 * r).loadUnaligned(as: Int32.self))
    c1[r] = c0[r] &+ 1
  }
  for _ in 0..<iterations {
    for r in 0..<tileRows {
      c0[r] = peakStep(c0[r], w)
      c1[r] = peakStep(c1[r], w)
    }
  }
  var sum = VInt32.zero
  for r in 0..<tileRows { sum = sum &+ total(c0[r]) &+ total(c1[r]) }
  result.pointee = sum.wrappedSum()
  return iterations * 2 * tileRows * peakProducts
}

/// The same in Float.
@inline(never) public func peakFloat(
  _ iterations: Int, _ operands: UnsafeRawPointer, _ result: UnsafeMutablePointer<Float>
) -> Int {
  let a = VFloat(repeating: operands.load(as: Float.self))
  let w = (operands + 64).loadUnaligned(as: VFloat.self)
  var c0 = repeated(VFloat.zero)
  var c1 = repeated(VFloat.zero)
  #if TIER_SSE4
    // A multiplication and an addition take twice as long as one fused operation: more chains hide it.
    var c2 = repeated(VFloat.zero)
    let columns = 3
  #else
    let columns = 2
  #endif
  for r in 0..<tileRows {
    c0[r] = VFloat(repeating: Float(r))
    c1[r] = VFloat(repeating: Float(-r))
  }
  for _ in 0..<iterations {
    for r in 0..<tileRows {
      c0[r] = multiplyAdd(a, c0[r], w)
      c1[r] = multiplyAdd(a, c1[r], w)
      #if TIER_SSE4
        c2[r] = multiplyAdd(a, c2[r], w)
      #endif
    }
  }
  var total = VFloat.zero
  for r in 0..<tileRows { total += c0[r] + c1[r] }
  #if TIER_SSE4
    for r in 0..<tileRows { total += c2[r] }
  #endif
  result.pointee = total.sum()
  return iterations * columns * tileRows * lanes
}
