extension Image {
  /// Pictures of more pixels are turned where they are, which takes longer than a copy and no memory.
  private static let largestCopy = 16 << 20

  /// Turns this picture, stored in a given orientation, upright.
  mutating func turn(from orientation: Orientation) {
    if orientation.isTransposed {
      let mayCopy = width * height <= Self.largestCopy && MemoryBudget.hasRoom(for: pixels.count)
      if mayCopy { copyTransposed() } else { transposeInPlace() }
    }
    let (mirrorsRows, mirrorsColumns) = orientation.mirrors
    if mirrorsColumns { reverseRows() }
    if mirrorsRows { swapRows() }
  }

  /// Exchanges rows and columns.
  private mutating func copyTransposed() {
    let (width, height, count) = (width, height, pixels.count)
    let transposed = [UInt8](unsafeUninitializedCapacity: count) { target, initialized in
      pixels.withUnsafeBufferPointer { source in
        var to = 0
        for column in 0..<width {
          for from in stride(from: 3 * column, to: count, by: 3 * width) {
            target[to] = source[from]
            target[to + 1] = source[from + 1]
            target[to + 2] = source[from + 2]
            to += 3
          }
        }
      }
      initialized = count
    }
    self = Image(width: height, height: width, pixels: transposed, iccProfile: iccProfile)
  }

  mutating func transposeInPlace() {
    let (width, height, profile) = (width, height, iccProfile)
    var pixels: [UInt8] = []
    swap(&pixels, &self.pixels)
    pixels.withUnsafeMutableBufferPointer { transpose($0, rows: height, columns: width) }
    self = Image(width: height, height: width, pixels: pixels, iccProfile: profile)
  }

  /// Exchanges left and right.
  private mutating func reverseRows() {
    let (width, height) = (width, height)
    pixels.withUnsafeMutableBufferPointer { pixels in
      for y in 0..<height {
        var (left, right) = (3 * y * width, 3 * ((y + 1) * width - 1))
        while left < right {
          for channel in 0..<3 { pixels.swapAt(left + channel, right + channel) }
          left += 3
          right -= 3
        }
      }
    }
  }

  /// Exchanges top and bottom.
  private mutating func swapRows() {
    let (stride, height) = (3 * width, height)
    pixels.withUnsafeMutableBufferPointer { pixels in
      for y in 0..<height / 2 {
        let (top, bottom) = (y * stride, (height - 1 - y) * stride)
        for sample in 0..<stride { pixels.swapAt(top + sample, bottom + sample) }
      }
    }
  }
}

extension Orientation {
  /// Whether rows are stored as columns.
  var isTransposed: Bool { rawValue >= Orientation.leftMirrored.rawValue }

  /// What has to be mirrored, after rows and columns were exchanged: top and bottom, left and right.
  fileprivate var mirrors: (rows: Bool, columns: Bool) {
    switch self {
    case .up, .leftMirrored: (false, false)
    case .upMirrored, .right: (false, true)
    case .down, .rightMirrored: (true, true)
    case .downMirrored, .left: (true, false)
    }
  }
}

/// Transposes a picture of three bytes a pixel in place: permutations of columns, then of rows, then of columns, none of which
/// needs more memory than some columns.
///
/// Catanzaro, Keller and Garland, "A Decomposition for In-place Matrix Transposition" (PPoPP 2014), algorithm C2R.
private func transpose(_ pixels: UnsafeMutableBufferPointer<UInt8>, rows: Int, columns: Int) {
  guard let base = pixels.baseAddress, rows > 1, columns > 1 else { return }
  let common = greatestCommonDivisor(rows, columns)
  let (a, b) = (rows / common, columns / common)
  if common > 1 { permuteColumns(base, rows, columns, period: b) { row in row } }
  let line = UnsafeMutablePointer<UInt8>.allocate(capacity: 3 * columns)
  defer { line.deallocate() }
  for row in 0..<rows {
    let from = base + 3 * row * columns
    // The pixel goes to ((row + column / b) mod rows + column * rows) mod columns; both sums are kept up step by step.
    var (turn, turnInRow, untilNext, product) = (row, row % columns, b, 0)
    let step = rows % columns
    for column in 0..<columns {
      let target = turnInRow + product
      copyPixel(from + 3 * column, to: line + 3 * (target < columns ? target : target - columns))
      product += step
      if product >= columns { product -= columns }
      untilNext -= 1
      guard untilNext == 0 else { continue }
      untilNext = b
      turn += 1
      turnInRow = turnInRow + 1 == columns ? 0 : turnInRow + 1
      if turn == rows { (turn, turnInRow) = (0, 0) }
    }
    from.update(from: line, count: 3 * columns)
  }
  permuteColumns(base, rows, columns, period: 1) { row in (row * columns - row / a) % rows }
}

/// Gives each place of each column the pixel of row `(base + column / period) mod rows`, a strip of columns at a time.
@inline(__always)
private func permuteColumns(
  _ pixels: UnsafeMutablePointer<UInt8>, _ rows: Int, _ columns: Int, period: Int, _ base: (_ row: Int) -> Int
) {
  // Two cache lines of a row.
  let width = 42
  let strip = UnsafeMutablePointer<UInt8>.allocate(capacity: 3 * width * rows)
  defer { strip.deallocate() }
  withUnsafeTemporaryAllocation(of: Int.self, capacity: width) { shifts in
    for first in stride(from: 0, to: columns, by: width) {
      let count = min(width, columns - first)
      for column in 0..<count { shifts[column] = (first + column) / period % rows }
      for row in 0..<rows {
        let start = base(row)
        let target = strip + 3 * row * width
        for column in 0..<count {
          let sum = start + shifts[column]
          let source = sum < rows ? sum : sum - rows
          copyPixel(pixels + 3 * (source * columns + first + column), to: target + 3 * column)
        }
      }
      for row in 0..<rows {
        (pixels + 3 * (row * columns + first)).update(from: strip + 3 * row * width, count: 3 * count)
      }
    }
  }
}

@inline(__always)
private func copyPixel(_ source: UnsafePointer<UInt8>, to target: UnsafeMutablePointer<UInt8>) {
  target[0] = source[0]
  target[1] = source[1]
  target[2] = source[2]
}

private func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int { b == 0 ? a : greatestCommonDivisor(b, a % b) }
