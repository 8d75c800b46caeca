// ARM: four lanes everywhere; the tiers differ in the integer dot product (ProductsARM.swift) and in the tile's height.

import _Builtin_intrinsics.arm.neon

typealias VFloat = SIMD4<Float>
typealias VInt32 = SIMD4<Int32>
typealias VInt8 = SIMD4<Int8>
typealias VUInt8 = SIMD4<UInt8>

#if TIER_NEON
  /// Most rows of a tile: 16 accumulators (two per row and vector of columns), four weights, two activations.
  @_transparent var tileRows: Int { 4 }
  typealias Accumulators<T> = InlineArray<4, T>
  @_transparent func repeated<T: SIMD>(_ z: T) -> Accumulators<T> { [z, z, z, z] }

  /// Int32 sums of one vector of columns, in two parts for each column: (0 0 1 1), (2 2 3 3).
  typealias VSum = SIMD8<Int32>
  @inline(__always) func total(_ sum: VSum) -> VInt32 {
    let halves = unsafeBitCast(sum, to: (VInt32, VInt32).self)
    return vpaddq_s32(halves.0, halves.1)
  }
  /// Sums whose totals are `values`.
  @inline(__always) func startingSum(_ v: VInt32) -> VSum { VSum(v[0], 0, v[1], 0, v[2], 0, v[3], 0) }
#else
  /// Most rows of a tile: 16 accumulators, eight weights (four groups) and the activations in use.
  @_transparent var tileRows: Int { 8 }
  typealias Accumulators<T> = InlineArray<8, T>
  @_transparent func repeated<T: SIMD>(_ z: T) -> Accumulators<T> { [z, z, z, z, z, z, z, z] }

  /// Int32 sums of one vector of columns.
  typealias VSum = VInt32
  @inline(__always) func total(_ sum: VSum) -> VInt32 { sum }
  /// Sums whose totals are `values`.
  @inline(__always) func startingSum(_ values: VInt32) -> VSum { values }
#endif

/// Bits of the levels of activations that are never negative.
@inline(__always) var activationBits: Int { 8 }

/// What turns a stored byte of activations that cannot be negative into their level: bytes are stored as signed ones,
/// because ARM's products multiply like with like.
@inline(__always) var levelMask: UInt8 { 0x80 }

// Minimum and maximum in one instruction each; where an operand is not a number, neither is the result.
@_transparent func maximum(_ a: VFloat, _ b: VFloat) -> VFloat { vmaxq_f32(a, b) }
@_transparent func minimum(_ a: VFloat, _ b: VFloat) -> VFloat { vminq_f32(a, b) }

/// Largest element.
@inline(__always) func horizontalMaximum(_ v: VInt32) -> Int32 { vmaxvq_s32(v) }

/// Stores four vectors of levels, rounded to the nearest, ties to even, as bytes.
@inline(__always) func storeLevels(
  _ a: VFloat, _ b: VFloat, _ c: VFloat, _ d: VFloat, _ zeroPoint: Int32, _ p: UnsafeMutablePointer<UInt8>
) {
  // Near 1.5 * 2^23 Floats are one apart: the sum's last byte is the level.
  let shift = 12_582_912 + Float(zeroPoint)
  func words(_ v: VFloat) -> SIMD8<Int16> { unsafeBitCast(v + shift, to: SIMD8<Int16>.self) }
  let first = vuzp1q_s16(words(a), words(b))
  let second = vuzp1q_s16(words(c), words(d))
  let bytes = vuzp1q_s8(unsafeBitCast(first, to: SIMD16<Int8>.self), unsafeBitCast(second, to: SIMD16<Int8>.self))
  UnsafeMutableRawPointer(p).storeBytes(of: bytes, as: SIMD16<Int8>.self)
}
