import Glibc
import Kernels

/// Everything random comes from generators seeded by what it is for (the run's seed, the epoch, the image), so that results
/// depend neither on order nor on threads, and a resumed training needs no state to go on exactly.
extension SplitMix64 {
  package init(_ seeds: Int...) { self.init(seeds) }

  init(_ seeds: [Int]) {
    var state: UInt64 = 0x5851_F42D_4C95_7F2D
    for seed in seeds {
      var generator = SplitMix64(state: state ^ UInt64(bitPattern: Int64(seed)))
      state = generator.next()
    }
    self.init(state: state)
  }

  /// 0 ..< bound, for bounds far below 2^64.
  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

  /// -1 ..< 1
  package mutating func signedUnit() -> Float { Float(next() >> 40) * 0x1p-23 - 1 }

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
