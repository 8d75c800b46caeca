/// Halving and doubling the resolution, each the transpose of the other: between pixels of half the resolution values are
/// interpolated bilinearly, and beyond the outer ones they are constant.
extension ImputationGrid {
  /// Half the resolution. Its holes are the pixels whose parts are all holes, so that what is known stays known.
  func halved() -> ImputationGrid {
    var isHole = [Bool](repeating: false, count: count)
    forEachHole { _, _, place, _ in isHole[place] = true }
    return ImputationGrid(rows: (rows + 1) / 2, columns: (columns + 1) / 2) { row, column in
      for y in 2 * row..<min(2 * row + 2, rows) {
        for x in 2 * column..<min(2 * column + 2, columns) where !isHole[place(y, x)] { return false }
      }
      return true
    }
  }

  /// Adds what `half`, of the next grid, is in this resolution.
  func add(enlarging half: Plane, of grid: ImputationGrid, to x: Plane) {
    grid.extend(half, down: true, right: true)
    forEachHole { row, column, place, _ in
      let near = half + grid.place(row >> 1, column >> 1)
      let vertical = row & 1 == 0 ? 0 &- grid.stride : grid.stride
      let horizontal = column & 1 == 0 ? -1 : 1
      // In parts, which Swift 6.2 needs to infer types in time.
      let sides: Pixel = near[vertical] + near[horizontal]
      let corner: Pixel = near[vertical &+ horizontal]
      let inner: Pixel = near[0] * Float(9.0 / 16) + sides * Float(3.0 / 16)
      x[place] += inner + corner * Float(1.0 / 16)
    }
    grid.clearBorder(half)
  }

  /// `half`, of the next grid, becomes the transpose of `add`'s enlargement applied to `x`.
  func shrink(_ x: Plane, to grid: ImputationGrid, _ half: Plane) {
    // A last row or column without a partner is no outer one in `add`.
    extend(x, down: rows % 2 == 0, right: columns % 2 == 0)
    grid.forEachHole { row, column, place, _ in
      let start = x + self.place(2 &* row &- 1, 2 &* column &- 1)
      // Where the last row has no partner, the fourth row is behind the border.
      let fourth = 2 &* row &+ 2 <= rows ? line(start + 3 &* stride) : Pixel()
      let outer: Pixel = line(start) + fourth
      let inner: Pixel = line(start + stride) + line(start + 2 &* stride)
      half[place] = outer * Float(0.25) + inner * Float(0.75)
    }
    clearBorder(x)
  }

  @inline(__always)
  private func line(_ x: Plane) -> Pixel { (x[0] + x[3]) * Float(0.25) + (x[1] + x[2]) * Float(0.75) }

  /// Copies the outer pixels to the border.
  private func extend(_ x: Plane, down: Bool, right: Bool) {
    for row in 0..<rows {
      x[place(row, -1)] = x[place(row, 0)]
      if right { x[place(row, columns)] = x[place(row, columns - 1)] }
    }
    (x + place(-1, -1)).update(from: x + place(0, -1), count: stride)
    if down { (x + place(rows, -1)).update(from: x + place(rows - 1, -1), count: stride) }
  }

  private func clearBorder(_ x: Plane) {
    for row in 0..<rows { (x[place(row, -1)], x[place(row, columns)]) = (Pixel(), Pixel()) }
    (x + place(-1, -1)).update(repeating: Pixel(), count: stride)
    (x + place(rows, -1)).update(repeating: Pixel(), count: stride)
  }
}
