/// What a kernel has computed: Floats, or quantized levels and their scales.
package struct KernelResult {
  /// Results, or scales.
  package var values: [Float]
  /// Without the zero point.
  package var levels: [Int32]

  package init(values: [Float], levels: [Int32] = []) { (self.values, self.levels) = (values, levels) }

  /// The largest difference from the values expected, as a share of the value and the root mean square of all.
  package func largestError(_ expected: KernelResult) -> (error: Float, index: Int) {
    // Sums that cancel keep the rounding of their terms, whose size the results as a whole tell.
    let square = expected.values.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(expected.values.count)
    let typical = max(Float(square.squareRoot()), .leastNormalMagnitude)
    var worst: (error: Float, index: Int) = (0, 0)
    for (index, (a, b)) in zip(values, expected.values).enumerated() {
      let error = abs(a - b) / (typical + abs(b))
      // What is not a number is worse than any number.
      if !(error <= worst.error) { worst = (error.isNaN ? .infinity : error, index) }
    }
    return worst
  }

  /// The first level that is not the one expected.
  ///
  /// - Parameter permitsNeighbours: one in a thousand may be a level off: rounding carries a sum over the border.
  package func wrongLevel(_ expected: KernelResult, permitsNeighbours: Bool) -> Int? {
    let most = permitsNeighbours ? 1 + levels.count / 1000 : 0
    var neighbours = 0
    for (index, (a, b)) in zip(levels, expected.levels).enumerated() where a != b {
      neighbours += 1
      if abs(a - b) > 1 || neighbours > most { return index }
    }
    return nil
  }
}
