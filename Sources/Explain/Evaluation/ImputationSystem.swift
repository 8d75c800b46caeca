/// The equations of `LinearImputation` for three channels, and their solution.
///
/// The matrix is symmetric and positive definite as long as something is known. Conjugate gradients (M. Hestenes and E. Stiefel,
/// "Methods of Conjugate Gradients for Solving Linear Systems", 1952) are preconditioned by one cycle through ever coarser grids
/// (as in A. McAdams et al., "A Parallel Multigrid Poisson Solver for Fluids Simulation on Large Collocated Grids", 2010), because
/// large holes would else take hundreds of steps. All channels share the matrix and so the steps.
final class ImputationSystem {
  typealias Plane = ImputationGrid.Plane

  /// Finest first.
  private let grids: [ImputationGrid]
  /// Of each grid: what remains to be solved, the cycle's solution, and scratch memory.
  private var residuals, corrections, scratch: [Plane]
  private let direction: Plane
  /// The image, which is zero in the holes until they are filled.
  let image: Plane
  private let memory: Plane

  /// Size of the residual, relative to the right-hand side, at which the error is far below the noise that ROAD adds.
  private static let tolerance = 1e-5
  /// A bound against rounding that never settles, far beyond what images take.
  private static let mostSteps = 200
  /// A grid of this side is not halved.
  private static let smallestSide = 4
  /// Steps of Jacobi's method on the last grid.
  private static let lastSteps = 8

  init(_ grid: ImputationGrid) {
    var grids = [grid]
    while let last = grids.last, min(last.rows, last.columns) > Self.smallestSide {
      let half = last.halved()
      if half.holes == 0 { break }
      grids.append(half)
    }
    self.grids = grids
    let count = 3 * grids.reduce(0) { $0 + $1.count } + 2 * grid.count
    memory = .allocate(capacity: count)
    memory.initialize(repeating: ImputationGrid.Pixel(), count: count)
    var next = memory
    func planes() -> [Plane] {
      grids.map { grid in
        defer { next += grid.count }
        return next
      }
    }
    (residuals, corrections, scratch) = (planes(), planes(), planes())
    (direction, image) = (next, next + grid.count)
  }

  deinit { memory.deallocate() }

  /// Where a pixel lies in the image.
  func place(row: Int, column: Int) -> Int { grids[0].place(row, column) }

  /// Fills the holes.
  func solve() {
    let grid = grids[0]
    let residual = residuals[0]
    var square = grid.rightHandSide(image, into: residual)
    let target = square * Self.tolerance * Self.tolerance
    var product = 0.0
    for step in 0..<Self.mostSteps where square > target {
      let next = cycle(0)
      grid.turn(direction, step == 0 ? 0 : Float(next / product), to: corrections[0])
      product = next
      let curvature = grid.multiply(direction, into: scratch[0])
      guard curvature > 0 else { return }
      square = grid.descend(
        Float(product / curvature), direction, product: scratch[0], solution: image, residual: residual)
    }
  }

  /// Solves a grid's equations roughly; the same steps before and after the coarser grids keep it symmetric.
  ///
  /// - Returns: the scalar product of the residual and the solution.
  private func cycle(_ level: Int) -> Double {
    let grid = grids[level]
    grid.begin(residuals[level], corrections[level], residual: scratch[level])
    if level + 1 < grids.count {
      grid.shrink(scratch[level], to: grids[level + 1], residuals[level + 1])
      _ = cycle(level + 1)
      grid.add(enlarging: corrections[level + 1], of: grids[level + 1], to: corrections[level])
    } else {
      for _ in 1..<Self.lastSteps { relax(level) }
    }
    return relax(level)
  }

  @discardableResult private func relax(_ level: Int) -> Double {
    let product = grids[level].relax(residuals[level], corrections[level], into: scratch[level])
    swap(&corrections[level], &scratch[level])
    return product
  }
}
