#if TIER_AVX512VNNI
  typealias VectorInt32 = SIMD16<Int32>
#else
  typealias VectorInt32 = SIMD8<Int32>
#endif

@inline(never) public func probeWidth() -> Int { VectorInt32.scalarCount }
