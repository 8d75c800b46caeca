/// The equations of `LinearImputation` for one channel, and their solution.
///
/// The matrix is symmetric and positive definite as long as something is known. Planes have zeros around the image, and all but
/// `known` and `diagonal` are zero outside the holes, so that a product with the matrix needs no conditions and no indices.
final class ImputationSystem {
  /// 1 in holes, elsewhere 0.
  let mask: UnsafeMutablePointer<Float>
  /// Sum of the weights of a pixel's neighbours.
  let diagonal: UnsafeMutablePointer<Float>
  /// The image outside the holes, in them 0.
  let known: UnsafeMutablePointer<Float>
  /// In: what to begin with, 0 outside the holes. Out: the values in the holes.
  let solution: UnsafeMutablePointer<Float>
  private let residual, direction, product: UnsafeMutablePointer<Float>
  private let planes: UnsafeMutablePointer<Float>
  /// Where vectors that have holes begin; everywhere else all but `known` and `diagonal` is and stays zero.
  private var active: [Int] = []
  private let rows: Int
  /// Distance of two rows: pixels in whole vectors, and a column of zeros on both sides.
  private let stride: Int

  private typealias Vector = SIMD8<Float>
  /// Size of the residual, relative to the right-hand side, at which the error is far below the noise that ROAD adds.
  private static let tolerance = 1e-5
  /// A bound against rounding that never settles, far beyond what images take.
  private static let mostIterations = 4000

  init(rows: Int, columns: Int) {
    let lanes = Vector.scalarCount
    self.rows = rows
    stride = (columns + lanes - 1) / lanes * lanes + 2
    // The last vector of a plane may reach into the next one.
    let size = ((rows + 2) * stride + lanes - 1) / lanes * lanes
    let planes = UnsafeMutablePointer<Float>.allocate(capacity: 7 * size)
    planes.initialize(repeating: 0, count: 7 * size)
    self.planes = planes
    (mask, diagonal, known, solution) = (planes, planes + size, planes + 2 * size, planes + 3 * size)
    (residual, direction, product) = (planes + 4 * size, planes + 5 * size, planes + 6 * size)
  }

  deinit { planes.deallocate() }

  /// Where a pixel lies in the planes.
  func place(row: Int, column: Int) -> Int { (row + 1) * stride + column + 1 }

  /// Conjugate gradients: M. Hestenes and E. Stiefel, "Methods of Conjugate Gradients for Solving Linear Systems", 1952.
  func solve() {
    active = (1...rows).flatMap { row in
      Swift.stride(from: row * stride + 1, to: (row + 1) * stride - 1, by: Vector.scalarCount).filter {
        load(mask, $0) != Vector()
      }
    }
    // Applied to what is known, the matrix yields the right-hand side with the opposite sign.
    _ = multiply(known, into: residual)
    let target = squaredLength(residual) * Self.tolerance * Self.tolerance
    _ = multiply(solution, into: product)
    for place in active {
      store(-load(residual, place) - load(product, place), residual, place)
      store(load(residual, place), direction, place)
    }
    var square = squaredLength(residual)
    for _ in 0..<Self.mostIterations where square > target {
      let curvature = multiply(direction, into: product)
      guard curvature > 0 else { return }
      let next = descend(Float(square / curvature))
      turn(Float(next / square))
      square = next
    }
  }

  /// `result = mask * (diagonal * x - weighted neighbours of x)`.
  ///
  /// - Returns: the scalar product of `x` and the result.
  private func multiply(_ x: UnsafeMutablePointer<Float>, into result: UnsafeMutablePointer<Float>) -> Double {
    sum { place in
      let (above, below) = (place - stride, place + stride)
      let sides = load(x, above) + load(x, below) + load(x, place - 1) + load(x, place + 1)
      let corners = load(x, above - 1) + load(x, above + 1) + load(x, below - 1) + load(x, below + 1)
      let centre = load(x, place)
      let neighbours = sides * Float(1.0 / 6) + corners * Float(1.0 / 12)
      let value = load(mask, place) * (load(diagonal, place) * centre - neighbours)
      store(value, result, place)
      return centre * value
    }
  }

  /// Moves the solution along the direction.
  ///
  /// - Returns: the new residual's squared length.
  private func descend(_ step: Float) -> Double {
    sum { place in
      store(load(solution, place) + step * load(direction, place), solution, place)
      let value = load(residual, place) - step * load(product, place)
      store(value, residual, place)
      return value * value
    }
  }

  /// The next direction, conjugate to all before.
  private func turn(_ share: Float) {
    for place in active { store(load(residual, place) + share * load(direction, place), direction, place) }
  }

  private func squaredLength(_ x: UnsafeMutablePointer<Float>) -> Double {
    sum { place in load(x, place) * load(x, place) }
  }

  /// Sums over all pixels what `body` yields for the vectors that have holes.
  private func sum(_ body: (Int) -> Vector) -> Double {
    // Short Float sums, so that rounding does not grow with the image.
    let run = 64
    var total = 0.0
    for first in Swift.stride(from: 0, to: active.count, by: run) {
      var sum = Vector()
      for index in first..<min(active.count, first + run) { sum += body(active[index]) }
      total += Double(sum.sum())
    }
    return total
  }

  private func load(_ x: UnsafeMutablePointer<Float>, _ place: Int) -> Vector {
    UnsafeRawPointer(x + place).loadUnaligned(as: Vector.self)
  }

  private func store(_ value: Vector, _ x: UnsafeMutablePointer<Float>, _ place: Int) {
    UnsafeMutableRawPointer(x + place).storeBytes(of: value, as: Vector.self)
  }
}
