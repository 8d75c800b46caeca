import Explain
import Testing

@Suite struct ImportRoundingTests {
  /// Weights between -100 and 100 steps of 0.01, and their nearest codes.
  private func row(_ count: Int) -> (weights: [Float], nearest: [Int8]) {
    var state: UInt32 = 7
    let weights = (0..<count).map { _ in
      state = state &* 1_664_525 &+ 1_013_904_223
      return Float(Int32(bitPattern: state)) / Float(Int32.max)
    }
    return (weights, weights.map { Int8(($0 * 100).rounded()) })
  }

  private func refined(_ rounding: Rounding, taps: Int, inputs: Int) -> (
    weights: [Float], nearest: [Int8], codes: [Int8]
  ) {
    let (weights, nearest) = row(taps * inputs)
    var codes = nearest
    rounding.refine(weights, taps: taps, inputs: inputs, scale: 0.01, codes: &codes)
    return (weights, nearest, codes)
  }

  /// Error of the sum of some weights, in steps.
  private func sumError(_ weights: [Float], _ codes: [Int8], _ indices: some Sequence<Int>) -> Float {
    indices.reduce(0) { $0 + Float(codes[$1]) - weights[$1] * 100 }
  }

  @Test func choosesBetweenTheTwoNeighbours() {
    let (weights, _, codes) = refined(Rounding(), taps: 9, inputs: 64)
    for (weight, code) in zip(weights, codes) { #expect(abs(Float(code) - weight * 100) < 1) }
  }

  @Test func errorsOfAChannelsTapsCancel() {
    let (taps, inputs) = (9, 64)
    let (weights, nearest, codes) = refined(Rounding(), taps: taps, inputs: inputs)
    func total(_ codes: [Int8]) -> Float {
      (0..<inputs).reduce(0) { sum, c in
        let error = sumError(weights, codes, (0..<taps).map { $0 * inputs + c })
        return sum + error * error
      }
    }
    #expect(total(codes) < total(nearest) / 3)
  }

  @Test func errorsOfAPooledLayerCancel() {
    let (weights, nearest, codes) = refined(.pooled, taps: 1, inputs: 512)
    #expect(abs(sumError(weights, nearest, 0..<512)) > 2)
    #expect(abs(sumError(weights, codes, 0..<512)) < 1)
    // And the weights themselves stay about as close as they were.
    func squared(_ codes: [Int8]) -> Float {
      (0..<512).reduce(0) { $0 + (Float(codes[$1]) - weights[$1] * 100) * (Float(codes[$1]) - weights[$1] * 100) }
    }
    #expect(squared(codes) < 1.1 * squared(nearest))
  }

  @Test func neverLeavesTheRange() {
    // 127.4 steps would like to become 128.
    let weights = [Float](repeating: 1.274, count: 100)
    var codes = [Int8](repeating: 127, count: 100)
    Rounding.pooled.refine(weights, taps: 1, inputs: 100, scale: 0.01, codes: &codes)
    #expect(codes.allSatisfy { $0 == 127 })
  }
}
