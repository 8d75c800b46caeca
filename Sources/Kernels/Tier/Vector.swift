// Operations on vectors, in terms of what VectorX86.swift or VectorARM.swift defines for an instruction set: the one
// file that differs.

/// Values in one vector of Float or Int32.
@inline(__always) var lanes: Int { VFloat.scalarCount }
/// Output columns of a tile: two vectors.
@inline(__always) var tileColumns: Int { 2 * lanes }

/// Stores a vector of levels as bytes.
@inline(__always) func storeLevels(_ v: VInt32, _ p: UnsafeMutablePointer<UInt8>) {
  var q = VUInt8()
  for i in 0..<lanes { q[i] = UInt8(truncatingIfNeeded: v[i]) }
  UnsafeMutableRawPointer(p).storeBytes(of: q, as: VUInt8.self)
}

@inline(__always) func multiplyAdd(_ sum: VFloat, _ a: VFloat, _ b: VFloat) -> VFloat {
  #if TIER_SSE4
    sum + a * b  // without FMA hardware, addingProduct is a library call for every lane
  #else
    sum.addingProduct(a, b)
  #endif
}

@inline(__always) func load(_ p: UnsafePointer<Float>) -> VFloat {
  UnsafeRawPointer(p).loadUnaligned(as: VFloat.self)
}

@inline(__always) func loadPartial(_ p: UnsafePointer<Float>, _ count: Int) -> VFloat {
  var v = VFloat.zero
  for i in 0..<count { v[i] = p[i] }
  return v
}

@inline(__always) func store(_ v: VFloat, _ p: UnsafeMutablePointer<Float>) {
  UnsafeMutableRawPointer(p).storeBytes(of: v, as: VFloat.self)
}

@inline(__always) func toFloat(_ v: VInt32) -> VFloat {
  var r = VFloat()
  for i in 0..<lanes { r[i] = Float(v[i]) }
  return r
}

@inline(__always) func toFloat(_ v: VInt8) -> VFloat {
  var r = VFloat()
  for i in 0..<lanes { r[i] = Float(v[i]) }
  return r
}

@inline(__always) func toFloat(_ v: VUInt8) -> VFloat {
  var r = VFloat()
  for i in 0..<lanes { r[i] = Float(v[i]) }
  return r
}

/// Rounds to the nearest integer, ties to even; exact for |x| < 2^22.
@inline(__always) func roundToInt(_ v: VFloat) -> VInt32 {
  unsafeBitCast(v + 12582912.0, to: VInt32.self) &- 0x4B40_0000
}

@inline(__always) func maximum(_ a: VInt32, _ b: VInt32) -> VInt32 { a.replacing(with: b, where: b .> a) }

/// Not-a-number stays as it is.
// `@inline(__always)` is not always obeyed in large callers; a call here would spill every register of the tile.
@_transparent func clamp(_ v: VFloat, _ lower: VFloat, _ upper: VFloat) -> VFloat {
  minimum(upper, maximum(lower, v))
}
