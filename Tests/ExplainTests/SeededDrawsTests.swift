import Kernels
import Testing

@testable import Explain

/// Heads that are resumed, and results that are published, rest on these values.
@Suite struct SeededDrawsTests {
  @Test func seedsYieldTheSameValuesForEver() {
    var generator = SplitMix64(1, 2)
    #expect(generator.next() == 0x1C88_58D1_2044_0605)
    var other = SplitMix64(2, 1)
    #expect(other.next() != 0x1C88_58D1_2044_0605)
  }

  @Test func permutationsHoldEveryIndexOnce() {
    var generator = SplitMix64(4)
    let order = generator.permutation(100)
    #expect(order != Array(0..<100) && order.sorted() == Array(0..<100))
  }
}
