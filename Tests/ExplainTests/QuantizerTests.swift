import Explain
import Kernels
import Testing

@Suite struct QuantizerTests {
  /// What the scale max / 127 costs.
  private func plainError(_ row: [Float]) -> Double {
    let scale = (row.map(\.magnitude).max() ?? 0) / 127
    return row.reduce(0) { sum, value in
      let difference = Double(value) - Double(scale) * Double((value / scale).rounded(.toNearestOrEven))
      return sum + difference * difference
    }
  }

  private func quantize(_ row: [Float]) -> (codes: [Int8], row: QuantizedRow) {
    var codes = [Int8](repeating: 99, count: row.count)
    let result = Quantizer.quantize(row, count: row.count, into: &codes)
    return (codes, result)
  }

  /// Sums of `terms` uniform numbers: 1 is flat, 12 almost normal; cubed, heavy tails.
  private func random(_ count: Int, seed: UInt64, terms: Int = 12, cubed: Bool = false) -> [Float] {
    var generator = SplitMix64(state: seed)
    return (0..<count).map { _ in
      let value = (0..<terms).reduce(Float(0)) { sum, _ in sum + generator.signedUnit() }
      return cubed ? value * value * value : value
    }
  }

  @Test(arguments: [1, 2, 9, 25, 27, 64, 147, 576, 1000, 4608], [false, true])
  func beatsTheLargestValueRule(_ count: Int, _ cubed: Bool) {
    for (seed, terms) in zip(0..<20, [1, 12, 1, 12, 1, 12, 1, 12, 1, 12, 1, 12]) {
      let row = random(count, seed: UInt64(seed), terms: terms, cubed: cubed)
      let (codes, result) = quantize(row)
      #expect(result.squaredError <= plainError(row) * 1.00001 + 1e-12 * result.squaredNorm)
      #expect(result.scale > 0 && result.scale.isFinite)
      #expect(codes.allSatisfy { $0 >= -127 })
      let measured = zip(row, codes).reduce(0.0) { sum, pair in
        let difference = Double(pair.0) - Double(result.scale) * Double(pair.1)
        return sum + difference * difference
      }
      #expect(abs(measured - result.squaredError) <= 1e-9 * result.squaredNorm)
    }
  }

  /// Compares with the best of 4000 scales between a fifth and the whole of max / 127.
  @Test(arguments: [(9, 1.05, 0.93), (25, 1.05, 0.96), (147, 1.02, 0.99), (576, 1.02, 1)])
  func comesCloseToTheBestScale(_ count: Int, _ slack: Double, _ gain: Double) {
    var ours = 0.0
    var best = 0.0
    var plain = 0.0
    for seed in 0..<20 {
      let row = random(count, seed: UInt64(seed))
      let largest = row.map(\.magnitude).max() ?? 0
      ours += quantize(row).row.squaredError
      plain += plainError(row)
      best += (800...4000).reduce(Double.infinity) { best, step in
        let scale = largest / 127 * Float(step) / 4000
        return min(
          best,
          row.reduce(0) { sum, value in
            let code = min(max((value / scale).rounded(.toNearestOrEven), -127), 127)
            let difference = Double(value) - Double(scale) * Double(code)
            return sum + difference * difference
          })
      }
    }
    #expect(ours <= slack * best)
    #expect(ours <= gain * plain)
  }

  @Test func staysWithinHalfAStepWhereNothingIsClipped() {
    let row = random(500, seed: 3, terms: 1)
    let (codes, result) = quantize(row)
    for (value, code) in zip(row, codes) where code.magnitude < 127 {
      #expect((value - result.scale * Float(code)).magnitude <= 0.5001 * result.scale)
    }
    #expect((result.squaredError / result.squaredNorm).squareRoot() < 0.005)
  }

  @Test func choosesTheNearestCodesTiesToEven() {
    // The scale is exactly 1, and every other value lies halfway between two codes.
    let row: [Float] = [127, -127, 0.5, 1.5, 2.5, -0.5, -1.5, -2.5] + [Float](repeating: 100, count: 92)
    let (codes, result) = quantize(row)
    #expect(result.scale == 1)
    #expect(codes.prefix(8) == [127, -127, 0, 2, 2, 0, -2, -2])
  }

  @Test func keepsRowsOfZeros() {
    let (codes, result) = quantize([Float](repeating: 0, count: 100))
    #expect(codes.allSatisfy { $0 == 0 })
    #expect(result.scale == 1 && result.squaredError == 0 && result.squaredNorm == 0)
  }

  @Test(arguments: [Float.greatestFiniteMagnitude, 1e30, 1, 1e-30, 1e-33])
  func representsASingleSpike(_ spike: Float) {
    for sign: Float in [1, -1] {
      for count in [1, 8, 9, 300] {
        var row = [Float](repeating: 0, count: count)
        row[count / 2] = sign * spike
        let (codes, result) = quantize(row)
        #expect(result.scale > 0 && result.scale.isFinite)
        #expect((result.scale * Float(codes[count / 2]) / row[count / 2] - 1).magnitude < 1e-5)
        #expect(codes.filter { $0 != 0 }.count == 1)
      }
    }
  }

  @Test(arguments: [Float.leastNonzeroMagnitude, Float.leastNormalMagnitude, 1e-36])
  func dropsWhatIsTooSmallToScale(_ value: Float) {
    let (codes, result) = quantize([value, -value, 0])
    #expect(codes == [0, 0, 0])
    #expect(result.scale == 1)
  }

  @Test func isExactOnWholeMultiples() {
    let row = (-127...127).map { Float($0) * 0.25 }
    let (codes, result) = quantize(row)
    #expect(codes == (-127...127).map { Int8($0) })
    #expect(result.scale == 0.25 && result.squaredError == 0)
  }
}
