import Testing

@testable import Explain

@Suite struct ScaledMapTests {
  /// Without neighbours closer than the test's steps, so that no order changes.
  private let map: [Float] = [0.3, -1.2, 0.9, 2.4, -0.5, 1.7, 0.05, -2]
  private let weights: [Float] = [0.7, -1.1, 0.4, 0.9, -0.3, 1.3, -0.8, 0.6]

  @Test func liesBetweenZeroAndOne() {
    let values = ScaledMap(map[...]).values
    #expect(values.min() == 0 && values.max() == 1)
    #expect(abs(values[2] - 2.9 / 4.4) < 1e-6)
  }

  /// Four of eight stay; what lies just beside the threshold counts half.
  @Test func keepsTheHigherHalf() {
    let values = ScaledMap(map[...], keeping: 0.5).values
    let all = ScaledMap(map[...]).values
    for i in [2, 3, 5] { #expect(values[i] > 0.9 * all[i]) }
    for i in [1, 4, 7] { #expect(values[i] < 0.05) }
    #expect(values[6] == all[6] / 2)
  }

  @Test func flatMapsStayFinite() {
    let flat = ScaledMap([Float](repeating: 3, count: 8)[...], keeping: 0.5)
    #expect(flat.values.allSatisfy { $0.isFinite })
    #expect(flat.gradient(weights).allSatisfy { $0.isFinite })
  }

  @Test(arguments: [Float(1), 0.5, 0.3]) func gradientEqualsFiniteDifferences(_ share: Float) {
    expectDifferences(map, weights, step: 1e-2) { ScaledMap($0, keeping: share) }
  }

  /// Shifting and stretching a map changes nothing that is shown, so the gradient may not ask for it.
  @Test(arguments: [Float(1), 0.5]) func neitherShiftsNorStretches(_ share: Float) {
    expectNeitherShiftNorStretch(map, weights, ScaledMap(map[...], keeping: share))
  }
}

/// The gradient of a mask's weighted sum equals finite differences.
func expectDifferences(
  _ map: [Float], _ weights: [Float], step: Float, _ mask: (ArraySlice<Float>) -> any MapMask
) {
  func loss(_ map: [Float]) -> Double {
    zip(mask(map[...]).values, weights).reduce(0) { $0 + Double($1.0) * Double($1.1) }
  }
  let gradient = mask(map[...]).gradient(weights)
  for i in map.indices {
    var (above, below) = (map, map)
    above[i] += step
    below[i] -= step
    let difference = (loss(above) - loss(below)) / Double(2 * step)
    #expect(abs(difference - Double(gradient[i])) < 5e-3, "\(i): \(difference), \(gradient[i])")
  }
}

/// The gradient asks for no shift and no stretch of the map.
func expectNeitherShiftNorStretch(_ map: [Float], _ weights: [Float], _ mask: any MapMask) {
  let gradient = mask.gradient(weights)
  #expect(abs(gradient.reduce(0, +)) < 1e-5)
  #expect(abs(zip(gradient, map).reduce(0) { $0 + $1.0 * $1.1 }) < 1e-5)
}
