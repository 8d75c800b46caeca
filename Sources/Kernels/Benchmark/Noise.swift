/// Pseudo-random numbers, the same on every machine (xorshift64*; G. Marsaglia, "Xorshift RNGs", 2003).
struct Noise {
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

  mutating func next() -> UInt64 {
    state ^= state >> 12
    state ^= state << 25
    state ^= state >> 27
    return state &* 0x2545_F491_4F6C_DD1D
  }

  /// Evenly distributed values.
  mutating func nextFloat(in range: ClosedRange<Float>) -> Float {
    range.lowerBound + Float(next() >> 40) * ((range.upperBound - range.lowerBound) / Float(1 << 24))
  }
}
