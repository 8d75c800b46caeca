// x86: vector width, tile height and the integer dot product of each instruction set.

import _Builtin_intrinsics.intel

#if TIER_AVX512VNNI
  typealias VFloat = SIMD16<Float>
  typealias VInt32 = SIMD16<Int32>
  typealias VInt8 = SIMD16<Int8>
  typealias VUInt8 = SIMD16<UInt8>
#elseif TIER_AVX2 || TIER_AVXVNNI
  typealias VFloat = SIMD8<Float>
  typealias VInt32 = SIMD8<Int32>
  typealias VInt8 = SIMD8<Int8>
  typealias VUInt8 = SIMD8<UInt8>
#else
  typealias VFloat = SIMD4<Float>
  typealias VInt32 = SIMD4<Int32>
  typealias VInt8 = SIMD4<Int8>
  typealias VUInt8 = SIMD4<UInt8>
#endif

/// Int32 sums of one vector of columns.
typealias VSum = VInt32
@inline(__always) func total(_ sum: VSum) -> VInt32 { sum }
/// Sums whose totals are `values`.
@inline(__always) func startingSum(_ values: VInt32) -> VSum { values }

// Accumulators of one vector of columns, one per row of the highest tile. Copies are written as literals: `init(repeating:)`
// stays a call, which would keep the accumulators in memory.
#if TIER_AVX512VNNI
  /// Most rows of a tile: 24 accumulators, two weights and a broadcast fit 32 registers.
  @_transparent var tileRows: Int { 12 }
  typealias Accumulators<T> = InlineArray<12, T>
  @_transparent func repeated<T: SIMD>(_ z: T) -> Accumulators<T> { [z, z, z, z, z, z, z, z, z, z, z, z] }
#elseif TIER_AVXVNNI
  /// Most rows of a tile: 12 accumulators, two weights and a broadcast fit 16 registers.
  @_transparent var tileRows: Int { 6 }
  typealias Accumulators<T> = InlineArray<6, T>
  @_transparent func repeated<T: SIMD>(_ z: T) -> Accumulators<T> { [z, z, z, z, z, z] }
#elseif TIER_AVX2
  /// Most rows of a tile: 10 accumulators, two weights, a broadcast, a product and the ones that add it up fit 16 registers.
  @_transparent var tileRows: Int { 5 }
  typealias Accumulators<T> = InlineArray<5, T>
  @_transparent func repeated<T: SIMD>(_ z: T) -> Accumulators<T> { [z, z, z, z, z] }
#else
  @_transparent var tileRows: Int { 4 }
  typealias Accumulators<T> = InlineArray<4, T>
  @_transparent func repeated<T: SIMD>(_ z: T) -> Accumulators<T> { [z, z, z, z] }
#endif

/// `sum + a · w` over one group of four per lane, exactly; `a` unsigned, `w` signed.
///
/// Without an integer dot product, `pmaddubsw` adds pairs of products in 16 bits: exact for activations up to 127, which is why
/// such tiers quantize to seven bits. `pmaddwd` on operands widened to 16 bits would take eight, at three quarters of the speed.
@inline(__always) func multiplyAddGroup(_ sum: VInt32, _ a: VInt32, _ w: VInt32) -> VInt32 {
  #if TIER_AVX512VNNI
    unsafeBitCast(
      _mm512_dpbusd_epi32(
        unsafeBitCast(sum, to: __m512i.self), unsafeBitCast(a, to: __m512i.self), unsafeBitCast(w, to: __m512i.self)),
      to: VInt32.self)
  #elseif TIER_AVXVNNI
    unsafeBitCast(
      _mm256_dpbusd_avx_epi32(
        unsafeBitCast(sum, to: __m256i.self), unsafeBitCast(a, to: __m256i.self), unsafeBitCast(w, to: __m256i.self)),
      to: VInt32.self)
  #else
    sum &+ widened(products(a, w))
  #endif
}

#if TIER_SSE4 || TIER_AVX2
  #if TIER_AVX2
    typealias VInt16 = SIMD16<Int16>

    /// Sums of neighbouring products of bytes; `a` unsigned, `w` signed.
    @inline(__always) private func products(_ a: VInt32, _ w: VInt32) -> VInt16 {
      unsafeBitCast(
        _mm256_maddubs_epi16(unsafeBitCast(a, to: __m256i.self), unsafeBitCast(w, to: __m256i.self)), to: VInt16.self)
    }

    /// Sums of neighbours.
    @inline(__always) private func widened(_ v: VInt16) -> VInt32 {
      let ones = unsafeBitCast(VInt16(repeating: 1), to: __m256i.self)
      return unsafeBitCast(_mm256_madd_epi16(unsafeBitCast(v, to: __m256i.self), ones), to: VInt32.self)
    }
  #else
    typealias VInt16 = SIMD8<Int16>

    /// Sums of neighbouring products of bytes; `a` unsigned, `w` signed.
    @inline(__always) private func products(_ a: VInt32, _ w: VInt32) -> VInt16 {
      unsafeBitCast(
        _mm_maddubs_epi16(unsafeBitCast(a, to: __m128i.self), unsafeBitCast(w, to: __m128i.self)), to: VInt16.self)
    }

    /// Sums of neighbours.
    @inline(__always) private func widened(_ v: VInt16) -> VInt32 {
      let ones = unsafeBitCast(VInt16(repeating: 1), to: __m128i.self)
      return unsafeBitCast(_mm_madd_epi16(unsafeBitCast(v, to: __m128i.self), ones), to: VInt32.self)
    }
  #endif

  /// The first and third weight of each group of four, as words.
  @inline(__always) func evenWords(_ w: VInt32) -> VInt32 {
    unsafeBitCast((unsafeBitCast(w, to: VInt16.self) &<< 8) &>> 8, to: VInt32.self)
  }

  /// The second and fourth.
  @inline(__always) func oddWords(_ w: VInt32) -> VInt32 {
    unsafeBitCast(unsafeBitCast(w, to: VInt16.self) &>> 8, to: VInt32.self)
  }

  /// `sum + a · w` over two words per lane, exactly.
  @inline(__always) func multiplyAddWords(_ sum: VInt32, _ a: VInt32, _ w: VInt32) -> VInt32 {
    #if TIER_AVX2
      let products = _mm256_madd_epi16(unsafeBitCast(a, to: __m256i.self), unsafeBitCast(w, to: __m256i.self))
    #else
      let products = _mm_madd_epi16(unsafeBitCast(a, to: __m128i.self), unsafeBitCast(w, to: __m128i.self))
    #endif
    return sum &+ unsafeBitCast(products, to: VInt32.self)
  }

  /// `a * b / 2^15`, rounded to the nearest.
  @inline(__always) func multiplyHigh(_ a: VInt16, _ b: VInt16) -> VInt16 {
    #if TIER_AVX2
      unsafeBitCast(
        _mm256_mulhrs_epi16(unsafeBitCast(a, to: __m256i.self), unsafeBitCast(b, to: __m256i.self)), to: VInt16.self)
    #else
      unsafeBitCast(
        _mm_mulhrs_epi16(unsafeBitCast(a, to: __m128i.self), unsafeBitCast(b, to: __m128i.self)), to: VInt16.self)
    #endif
  }

  /// `sum + a0 · w0 + a1 · w1` over one group of four each, exactly if the sums of four products that meet in 16 bits fit them
  /// (`gemm_task.pairs_fit`): three multiplications in place of four.
  @inline(__always) func multiplyAddTwoGroups(
    _ sum: VInt32, _ a0: VInt32, _ w0: VInt32, _ a1: VInt32, _ w1: VInt32
  ) -> VInt32 {
    sum &+ widened(products(a0, w0) &+ products(a1, w1))
  }
#endif

/// Bits of the levels of activations that are never negative.
@inline(__always) var activationBits: Int {
  #if TIER_SSE4 || TIER_AVX2
    7
  #else
    8
  #endif
}

/// What turns a stored byte of activations that cannot be negative into their level.
@inline(__always) var levelMask: UInt8 { 0 }

/// Products that one step of the register-only loop adds up.
@inline(__always) var peakProducts: Int { 4 * lanes }

/// One step of the register-only loop; `sum` is an operand too, so that the product cannot be hoisted out of the loop.
@inline(__always) func peakStep(_ sum: VSum, _ w: VInt32) -> VSum { multiplyAddGroup(sum, sum, w) }

#if TIER_AVX2 || TIER_AVXVNNI
  /// Stores four vectors of levels, rounded to the nearest, ties to even, as bytes.
  ///
  /// Packing works on halves of vectors, so that the groups of four bytes are put in their order at the end.
  @inline(__always) func storeLevels(
    _ a: VFloat, _ b: VFloat, _ c: VFloat, _ d: VFloat, _ zeroPoint: Int32, _ p: UnsafeMutablePointer<UInt8>
  ) {
    func rounded(_ v: VFloat) -> __m256i { _mm256_cvtps_epi32(unsafeBitCast(v, to: __m256.self)) }
    let words0 = _mm256_packs_epi32(rounded(a), rounded(b))
    let words1 = _mm256_packs_epi32(rounded(c), rounded(d))
    let zero = _mm256_set1_epi16(Int16(truncatingIfNeeded: zeroPoint))
    let bytes = _mm256_packus_epi16(_mm256_add_epi16(words0, zero), _mm256_add_epi16(words1, zero))
    let order = unsafeBitCast(VInt32(0, 4, 1, 5, 2, 6, 3, 7), to: __m256i.self)
    let ordered = unsafeBitCast(_mm256_permutevar8x32_epi32(bytes, order), to: SIMD32<UInt8>.self)
    UnsafeMutableRawPointer(p).storeBytes(of: ordered, as: SIMD32<UInt8>.self)
  }
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

/// Largest element.
@inline(__always) func horizontalMaximum(_ v: VInt32) -> Int32 {
  #if TIER_AVX512VNNI
    _mm512_reduce_max_epi32(unsafeBitCast(v, to: __m512i.self))
  #else
    var largest = v[0]
    for lane in 1..<lanes { largest = max(largest, v[lane]) }
    return largest
  #endif
}
