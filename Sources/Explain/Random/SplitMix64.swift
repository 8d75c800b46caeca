import Glibc

/// A small seeded generator, the same on every machine: S. Vigna's SplitMix64.
///
/// Everything random comes from generators seeded by what it is for (the run's seed, the epoch, the image), so that results
/// depend neither on order nor on threads, and a resumed training needs no state to go on exactly.
package struct SplitMix64: RandomNumberGenerator {
  private var state: UInt64

  package init(_ seeds: Int...) { self.init(seeds) }

  init(_ seeds: [Int]) {
    state = 0x5851_F42D_4C95_7F2D
    for seed in seeds {
      state ^= UInt64(bitPattern: Int64(seed))
      state = next()
    }
  }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// 0 ..< bound, for bounds far below 2^64.
  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

  /// -1 ..< 1
  mutating func signedUnit() -> Float { Float(next() >> 40) * 0x1p-23 - 1 }

  /// 0 ..< 1
  mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// Two independent values of the normal distribution with mean 0 and deviation 1: G. Box and M. Muller, 1958.
  package mutating func normalPair() -> (Float, Float) {
    // 1 - u is never zero, whose logarithm would be infinite.
    let radius = (-2 * logf(Float(1 - unit()))).squareRoot()
    let angle = Float(2 * Double.pi * unit())
    return (radius * cosf(angle), radius * sinf(angle))
  }

  /// 0 ..< count in random order.
  mutating func permutation(_ count: Int) -> [Int] {
    var order = Array(0..<count)
    for i in stride(from: count - 1, to: 0, by: -1) { order.swapAt(i, below(i + 1)) }
    return order
  }
}
