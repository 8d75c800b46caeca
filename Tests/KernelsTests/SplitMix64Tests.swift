import Kernels
import Testing

@Suite struct SplitMix64Tests {
  /// The first values of the original in C, seeded with 0.
  @Test func valuesAreVignas() {
    var generator = SplitMix64(state: 0)
    #expect((0..<2).map { _ in generator.next() } == [0xE220_A839_7B1D_CDAF, 0x6E78_9E6A_A1B9_65F4])
  }

  @Test func floatsFillTheRange() {
    var generator = SplitMix64(state: 3)
    let values = (0..<10_000).map { _ in generator.float(in: -2...6) }
    #expect(values.allSatisfy { -2 <= $0 && $0 <= 6 } && values.contains { $0 < -1.9 } && values.contains { $0 > 5.9 })
    #expect(abs(values.reduce(0, +) / 10_000 - 2) < 0.1)
  }
}
