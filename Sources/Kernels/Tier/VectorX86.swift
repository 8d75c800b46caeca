// x86: vector width, tile height and the integer dot product of each instruction set.

import _Builtin_intrinsics.intel

#if TIER_AVX512VNNI
  typealias VFloat = SIMD16<Float>
  typealias VInt32 = SIMD16<Int32>
  typealias VInt8 = SIMD16<Int8>
  typealias VUInt8 = SIMD16<UInt8>
  typealias VInt16 = SIMD16<Int16>
#elseif TIER_AVX2 || TIER_AVXVNNI
  typealias VFloat = SIMD8<Float>
  typealias VInt32 = SIMD8<Int32>
  typealias VInt8 = SIMD8<Int8>
  typealias VUInt8 = SIMD8<UInt8>
  typealias VInt16 = SIMD8<Int16>
#else
  typealias VFloat = SIMD4<Float>
  typealias VInt32 = SIMD4<Int32>
  typealias VInt8 = SIMD4<Int8>
  typealias VUInt8 = SIMD4<UInt8>
  typealias VInt16 = SIMD4<Int16>
#endif

/// Int32 sums of one vector of columns.
typealias VSum = VInt32
@inline(__always) func total(_ sum: VSum) -> VInt32 { sum }

// Accumulators of one vector of columns, one per row of the highest tile. Zeros are written as literals: `init(repeating:)`
// stays a call, which would keep the accumulators in memory.
#if TIER_AVX512VNNI
  /// Most rows of a tile: 24 accumulators, two weights and a broadcast fit 32 registers.
  @_transparent var tileRows: Int { 12 }
  typealias Accumulators<T> = InlineArray<12, T>
  @_transparent func zeros<T: SIMD>(_ z: T) -> Accumulators<T> { [z, z, z, z, z, z, z, z, z, z, z, z] }
#elseif TIER_AVX2 || TIER_AVXVNNI
  /// Most rows of a tile: 12 accumulators, two weights and a broadcast fit 16 registers.
  @_transparent var tileRows: Int { 6 }
  typealias Accumulators<T> = InlineArray<6, T>
  @_transparent func zeros<T: SIMD>(_ z: T) -> Accumulators<T> { [z, z, z, z, z, z] }
#else
  @_transparent var tileRows: Int { 4 }
  typealias Accumulators<T> = InlineArray<4, T>
  @_transparent func zeros<T: SIMD>(_ z: T) -> Accumulators<T> { [z, z, z, z] }
#endif

#if TIER_AVX512VNNI || TIER_AVXVNNI
  /// One quantized activation: unsigned, shifted by the zero point.
  typealias Quantized = UInt8
  /// Four consecutive activations of one row in every lane.
  typealias ActivationGroup = VInt32

  @inline(__always) func loadGroup(_ p: UnsafeRawPointer) -> ActivationGroup {
    VInt32(repeating: p.loadUnaligned(as: Int32.self))
  }

  /// Weights of `lanes` output channels for one group of four.
  typealias WeightGroup = VInt32

  @inline(__always) func widen(_ w: VInt32) -> WeightGroup { w }

  /// `sum + a · w` over the group, exactly.
  @inline(__always) func dot4(_ sum: VInt32, _ a: ActivationGroup, _ w: WeightGroup) -> VInt32 {
    #if TIER_AVX512VNNI
      unsafeBitCast(
        _mm512_dpbusd_epi32(
          unsafeBitCast(sum, to: __m512i.self), unsafeBitCast(a, to: __m512i.self), unsafeBitCast(w, to: __m512i.self)),
        to: VInt32.self)
    #else
      unsafeBitCast(
        _mm256_dpbusd_avx_epi32(
          unsafeBitCast(sum, to: __m256i.self), unsafeBitCast(a, to: __m256i.self), unsafeBitCast(w, to: __m256i.self)),
        to: VInt32.self)
    #endif
  }

  /// What an element of a vector of levels (already shifted by the zero point) becomes in memory.
  @inline(__always) func storeLevels(_ v: VInt32, _ p: UnsafeMutableRawPointer) {
    var q = VUInt8()
    for i in 0..<lanes { q[i] = UInt8(truncatingIfNeeded: v[i]) }
    p.storeBytes(of: q, as: VUInt8.self)
  }

  /// Levels of signed activations are stored shifted by this much.
  @inline(__always) var signedShift: Int32 { 128 }
  /// The same of activations that cannot be negative.
  @inline(__always) var unsignedShift: Int32 { 0 }
  /// Position of element `i` of a group in memory.
  @inline(__always) func position(_ i: Int) -> Int { i }
#else
  // Without an integer dot product, `pmaddwd` on 16-bit pairs is exact for all 8-bit values and as fast as `pmaddubsw`,
  // which saturates. A group's bytes 0 1 2 3 are widened as the pairs (0, 2) and (1, 3), which takes shifts only;
  // activations are stored as Int16 in that order.
  typealias Quantized = Int16
  typealias ActivationGroup = (even: VInt32, odd: VInt32)
  typealias WeightGroup = (even: VInt32, odd: VInt32)

  @inline(__always) func loadGroup(_ p: UnsafeRawPointer) -> ActivationGroup {
    (
      even: VInt32(repeating: p.loadUnaligned(as: Int32.self)),
      odd: VInt32(repeating: p.loadUnaligned(fromByteOffset: 4, as: Int32.self))
    )
  }

  #if TIER_AVX2
    typealias VPairs = SIMD16<Int16>
    @inline(__always) func multiplyAddPairs(_ a: VInt32, _ b: VInt32) -> VInt32 {
      unsafeBitCast(
        _mm256_madd_epi16(unsafeBitCast(a, to: __m256i.self), unsafeBitCast(b, to: __m256i.self)), to: VInt32.self)
    }
  #else
    typealias VPairs = SIMD8<Int16>
    @inline(__always) func multiplyAddPairs(_ a: VInt32, _ b: VInt32) -> VInt32 {
      unsafeBitCast(
        _mm_madd_epi16(unsafeBitCast(a, to: __m128i.self), unsafeBitCast(b, to: __m128i.self)), to: VInt32.self)
    }
  #endif

  @inline(__always) func widen(_ w: VInt32) -> WeightGroup {
    let bytes = unsafeBitCast(w, to: VPairs.self)
    return (
      even: unsafeBitCast((bytes &<< 8) &>> 8, to: VInt32.self), odd: unsafeBitCast(bytes &>> 8, to: VInt32.self)
    )
  }

  @inline(__always) func dot4(_ sum: VInt32, _ a: ActivationGroup, _ w: WeightGroup) -> VInt32 {
    sum &+ multiplyAddPairs(a.even, w.even) &+ multiplyAddPairs(a.odd, w.odd)
  }

  @inline(__always) func storeLevels(_ v: VInt32, _ p: UnsafeMutableRawPointer) {
    var q = VInt16()
    for i in 0..<lanes { q[i] = Int16(truncatingIfNeeded: v[i & ~3 | position(i & 3)]) }
    p.storeBytes(of: q, as: VInt16.self)
  }

  @inline(__always) var signedShift: Int32 { 0 }
  @inline(__always) var unsignedShift: Int32 { 0 }
  @inline(__always) func position(_ i: Int) -> Int { i == 1 ? 2 : i == 2 ? 1 : i }
#endif

// Minimum and maximum in one instruction each; where an operand is not a number the second is the result.
#if TIER_AVX512VNNI
  @_transparent func maximum(_ a: VFloat, _ b: VFloat) -> VFloat {
    unsafeBitCast(_mm512_max_ps(unsafeBitCast(a, to: __m512.self), unsafeBitCast(b, to: __m512.self)), to: VFloat.self)
  }
  @_transparent func minimum(_ a: VFloat, _ b: VFloat) -> VFloat {
    unsafeBitCast(_mm512_min_ps(unsafeBitCast(a, to: __m512.self), unsafeBitCast(b, to: __m512.self)), to: VFloat.self)
  }
#elseif TIER_AVX2 || TIER_AVXVNNI
  @_transparent func maximum(_ a: VFloat, _ b: VFloat) -> VFloat {
    unsafeBitCast(_mm256_max_ps(unsafeBitCast(a, to: __m256.self), unsafeBitCast(b, to: __m256.self)), to: VFloat.self)
  }
  @_transparent func minimum(_ a: VFloat, _ b: VFloat) -> VFloat {
    unsafeBitCast(_mm256_min_ps(unsafeBitCast(a, to: __m256.self), unsafeBitCast(b, to: __m256.self)), to: VFloat.self)
  }
#else
  @_transparent func maximum(_ a: VFloat, _ b: VFloat) -> VFloat {
    unsafeBitCast(_mm_max_ps(unsafeBitCast(a, to: __m128.self), unsafeBitCast(b, to: __m128.self)), to: VFloat.self)
  }
  @_transparent func minimum(_ a: VFloat, _ b: VFloat) -> VFloat {
    unsafeBitCast(_mm_min_ps(unsafeBitCast(a, to: __m128.self), unsafeBitCast(b, to: __m128.self)), to: VFloat.self)
  }
#endif

/// Products that one step of the register-only loop adds up.
@inline(__always) var peakProducts: Int { 4 * lanes }

/// One step of the register-only loop; `sum` is an operand too, so that the product cannot be hoisted out of the loop.
@inline(__always) func peakStep(_ sum: VSum, _ w: VInt32) -> VSum {
  #if TIER_AVX512VNNI || TIER_AVXVNNI
    dot4(sum, sum, widen(w))
  #else
    dot4(sum, (even: sum, odd: sum), widen(w))
  #endif
}
