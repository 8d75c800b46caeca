import Explain
import Testing

@Suite("numbers of fixed decimals") struct FixedDecimalsTests {
  @Test(
    "every place is written",
    arguments: [
      (0.17, 3, "0.170"), (0.1736, 3, "0.174"), (12, 1, "12.0"), (-0.25, 1, "-0.3"), (-0.01, 1, "0.0"),
      (0.999, 2, "1.00"), (2.0625, 6, "2.062500"), (41.6, 0, "42"), (-3, 0, "-3"),
    ])
  func places(_ value: Double, _ places: Int, _ text: String) {
    #expect(value.fixed(places) == text)
  }

  @Test("what has no decimals, or too many digits for them, is written as it is")
  func extremes() {
    #expect(Double.infinity.fixed(2) == "inf")
    #expect(Double.nan.fixed(2) == "nan")
    #expect(1e300.fixed(2) == "1e+300")
    #expect(Float(0.5).fixed(2) == "0.50")
  }
}
