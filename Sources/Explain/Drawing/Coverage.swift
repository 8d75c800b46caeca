/// How much of each pixel closed outlines cover, exactly, by the areas to the right of their edges.
///
/// An edge adds its height to every pixel on its right, and to the pixel it passes the share of it that lies on its right; up
/// and down have opposite signs. So a running sum along a row is the coverage times the winding number. Where outlines that
/// turn the same way overlap it is more than 1 and is cut off, which is the nonzero rule.
struct Coverage {
  let width, height: Int
  /// Differences along each row, `[height, width + 2]`.
  private var steps: [Double]

  /// Outlines must lie within `width` x `height`.
  init(width: Int, height: Int) {
    (self.width, self.height) = (width, height)
    steps = [Double](repeating: 0, count: (width + 2) * height)
  }

  /// Adds a closed contour of quadratic curves, in pixels, y downwards.
  mutating func add(_ contour: [OutlineFont.Point]) {
    guard let last = contour.last else { return }
    func middle(_ a: OutlineFont.Point, _ b: OutlineFont.Point) -> OutlineFont.Point {
      OutlineFont.Point(x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, isOnCurve: true)
    }
    // Between two points off the curve lies one on it.
    let first = contour[0]
    var from = last.isOnCurve ? last : first.isOnCurve ? first : middle(last, first)
    var control: OutlineFont.Point?
    for point in contour + [from] {
      if let bend = control {
        let to = point.isOnCurve ? point : middle(bend, point)
        addCurve(from, bend, to)
        from = to
      } else if point.isOnCurve {
        addLine(from.x, from.y, point.x, point.y)
        from = point
      }
      control = point.isOnCurve ? nil : point
    }
  }

  /// Adds a quadratic curve as lines that are less than a fiftieth of a pixel away from it.
  private mutating func addCurve(_ a: OutlineFont.Point, _ b: OutlineFont.Point, _ c: OutlineFont.Point) {
    let (bendX, bendY) = (a.x - 2 * b.x + c.x, a.y - 2 * b.y + c.y)
    // n lines are at most |bend| / (4 n^2) away.
    let count = max(Int((12.5 * (bendX * bendX + bendY * bendY).squareRoot()).squareRoot().rounded(.up)), 1)
    var (x, y) = (a.x, a.y)
    for i in 1...count {
      let t = Double(i) / Double(count)
      let (nextX, nextY) = (
        a.x + t * (2 * (b.x - a.x) + t * bendX), a.y + t * (2 * (b.y - a.y) + t * bendY)
      )
      addLine(x, y, nextX, nextY)
      (x, y) = (nextX, nextY)
    }
  }

  private mutating func addLine(_ x0: Double, _ y0: Double, _ x1: Double, _ y1: Double) {
    guard y0 != y1 else { return }
    let sign: Double = y0 < y1 ? 1 : -1
    let (startX, startY, endX, endY) = y0 < y1 ? (x0, y0, x1, y1) : (x1, y1, x0, y0)
    let slope = (endX - startX) / (endY - startY)
    func x(_ y: Double) -> Double { startX + (y - startY) * slope }
    for row in max(Int(startY), 0)..<min(Int(endY.rounded(.up)), height) {
      let (top, bottom) = (max(startY, Double(row)), min(endY, Double(row + 1)))
      let (left, right) = (min(x(top), x(bottom)), max(x(top), x(bottom)))
      let (first, last) = (Int(max(left, 0)), min(Int(max(right, 0)), width))
      for column in first...max(first, last) {
        // The piece of the edge within this pixel: its height, and the middle of it.
        let (a, b) = (max(left, Double(column)), min(right, Double(column + 1)))
        let share = right > left ? (b - a) / (right - left) : 1
        let piece = sign * (bottom - top) * max(share, 0)
        let middle = (a + b) / 2 - Double(column)
        let index = row * (width + 2) + min(column, width)
        steps[index] += piece * (1 - middle)
        steps[index + 1] += piece * middle
      }
    }
  }

  /// Calls `body` with every pixel that is covered, and how much of it is, 0...1.
  func forEachPixel(_ body: (_ x: Int, _ y: Int, _ coverage: Double) -> Void) {
    for y in 0..<height {
      var sum = 0.0
      for x in 0..<width {
        sum += steps[y * (width + 2) + x]
        if abs(sum) > 1e-6 { body(x, y, min(abs(sum), 1)) }
      }
    }
  }
}
