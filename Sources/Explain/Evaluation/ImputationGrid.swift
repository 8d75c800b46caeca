/// One resolution of the equations of `LinearImputation`: which pixels are holes, and what the matrix A does to them.
///
/// In a hole, `A x` is the value times the weights of its neighbours in the image, minus the weighted sum of the neighbours. Planes
/// have a border of zeros around the image, and whatever A is applied to is zero outside the holes, so that nothing needs a condition.
struct ImputationGrid {
  /// Red, green and blue; the fourth lane is unused.
  typealias Pixel = SIMD4<Float>
  typealias Plane = UnsafeMutablePointer<Pixel>

  /// Holes that are neighbours in a row.
  private struct Run {
    var row: Int
    var columns: Range<Int>
    /// How many holes come before.
    var first: Int
  }

  let rows, columns: Int
  /// Distance of two rows in a plane.
  let stride: Int
  /// In reading order.
  private var runs: [Run] = []
  /// Of each hole, the sum of the weights of its neighbours in the image, and one divided by it.
  private var weights: [(sum: Float, inverse: Float)] = []

  init(rows: Int, columns: Int, isHole: (_ row: Int, _ column: Int) -> Bool) {
    (self.rows, self.columns, stride) = (rows, columns, columns + 2)
    for row in 0..<rows {
      let vertical = (row > 0 ? 1 : 0) + (row + 1 < rows ? 1 : 0)
      var column = 0
      while column < columns {
        let start = column
        let first = weights.count
        while column < columns, isHole(row, column) {
          let horizontal = (column > 0 ? 1 : 0) + (column + 1 < columns ? 1 : 0)
          let sum = Float(vertical + horizontal) / 6 + Float(vertical * horizontal) / 12
          weights.append((sum, 1 / sum))
          column += 1
        }
        if start < column { runs.append(Run(row: row, columns: start..<column, first: first)) }
        column += 1
      }
    }
  }

  var holes: Int { weights.count }
  /// Pixels of a plane.
  var count: Int { (rows + 2) * stride }

  /// Where a pixel lies in a plane.
  func place(_ row: Int, _ column: Int) -> Int { (row + 1) * stride + column + 1 }

  /// Calls `body` for every hole with its row, column, place, and weights.
  @inline(__always)
  func forEachHole(_ body: (_ row: Int, _ column: Int, _ place: Int, _ weight: (sum: Float, inverse: Float)) -> Void) {
    weights.withUnsafeBufferPointer { weights in
      guard let weights = weights.baseAddress else { return }
      for run in runs {
        let place = place(run.row, run.columns.lowerBound)
        for i in 0..<run.columns.count {
          body(run.row, run.columns.lowerBound &+ i, place &+ i, weights[run.first &+ i])
        }
      }
    }
  }

  /// Sums what `body` yields for every hole.
  @inline(__always)
  private func sum(_ body: (_ place: Int, _ weight: (sum: Float, inverse: Float)) -> Pixel) -> Double {
    var total = SIMD4<Double>()
    weights.withUnsafeBufferPointer { weights in
      guard let weights = weights.baseAddress else { return }
      for run in runs {
        let place = place(run.row, run.columns.lowerBound)
        var sum = Pixel()
        for i in 0..<run.columns.count { sum += body(place &+ i, weights[run.first &+ i]) }
        total += SIMD4<Double>(sum)
      }
    }
    return total.sum()
  }

  /// The weighted sum of a pixel's neighbours.
  @inline(__always)
  private func neighbours(_ x: Plane, _ place: Int) -> Pixel {
    let (above, here, below) = (x + (place &- stride), x + place, x + (place &+ stride))
    let sides = (above[0] + below[0]) + (here[-1] + here[1])
    let corners = (above[-1] + above[1]) + (below[-1] + below[1])
    return sides * Float(1.0 / 6) + corners * Float(1.0 / 12)
  }

  // MARK: Conjugate gradients

  /// The right-hand side of the equations of an image that is zero in the holes.
  ///
  /// - Returns: its squared length.
  func rightHandSide(_ image: Plane, into result: Plane) -> Double {
    sum { place, _ in
      let value = neighbours(image, place)
      result[place] = value
      return value * value
    }
  }

  /// `result = A x`
  ///
  /// - Returns: the scalar product of `x` and the result.
  func multiply(_ x: Plane, into result: Plane) -> Double {
    sum { place, weight in
      let value = x[place] * weight.sum - neighbours(x, place)
      result[place] = value
      return x[place] * value
    }
  }

  /// Moves the solution along the direction, and the residual with it.
  ///
  /// - Returns: the new residual's squared length.
  func descend(_ step: Float, _ direction: Plane, product: Plane, solution: Plane, residual: Plane) -> Double {
    sum { place, _ in
      solution[place] += step * direction[place]
      let value = residual[place] - step * product[place]
      residual[place] = value
      return value * value
    }
  }

  /// `direction = x + share * direction`
  func turn(_ direction: Plane, _ share: Float, to x: Plane) {
    forEachHole { _, _, place, _ in direction[place] = x[place] + share * direction[place] }
  }

  // MARK: Jacobi's method

  /// A first step from zero for `A x = b`, and the residual that it leaves.
  func begin(_ b: Plane, _ x: Plane, residual: Plane) {
    forEachHole { _, _, place, weight in x[place] = b[place] * weight.inverse }
    forEachHole { _, _, place, _ in residual[place] = neighbours(x, place) }
  }

  /// One step from `x`.
  ///
  /// - Returns: the scalar product of `b` and the result.
  func relax(_ b: Plane, _ x: Plane, into result: Plane) -> Double {
    sum { place, weight in
      let value = (b[place] + neighbours(x, place)) * weight.inverse
      result[place] = value
      return b[place] * value
    }
  }
}
