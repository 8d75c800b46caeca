extension Image {
  /// Draws a thin frame around what the network saw of a picture: a light line on its edge, a dark one outside.
  ///
  /// An edge that is the picture's own, or nearly, has no line.
  public mutating func frame(_ seen: PixelArea) {
    let thickness = max((min(width, height) + 150) / 300, 1)
    let (columns, rows) = (seen.columns, seen.rows)
    // Too little to be told from the picture's own edge.
    let least = max(3 * thickness, min(width, height) / 50)
    let left = columns.lowerBound >= least
    let right = width - columns.upperBound >= least
    let top = rows.lowerBound >= least
    let bottom = height - rows.upperBound >= least
    for (ink, coverage, distance) in [(Ink(255, 255, 255), 0.85, 0), (Ink(0, 0, 0), 0.5, thickness)] {
      // The rectangle whose outermost pixels are the line.
      let across = columns.lowerBound - (left ? distance : 0)..<columns.upperBound + (right ? distance : 0)
      let down = rows.lowerBound - (top ? distance : 0)..<rows.upperBound + (bottom ? distance : 0)
      // In what is thinner than two lines the upper one comes first.
      let upper = min(down.lowerBound + (top ? thickness : 0), down.upperBound)
      let inner = upper..<max(down.upperBound - (bottom ? thickness : 0), upper)
      if top { blend(ink, coverage, columns: across, rows: down.lowerBound..<inner.lowerBound) }
      if bottom { blend(ink, coverage, columns: across, rows: inner.upperBound..<down.upperBound) }
      if left { blend(ink, coverage, columns: across.prefix(thickness), rows: inner) }
      if right { blend(ink, coverage, columns: across.suffix(thickness), rows: inner) }
    }
  }

  private mutating func blend(_ ink: Ink, _ coverage: Double, columns: Range<Int>, rows: Range<Int>) {
    for y in rows.clamped(to: 0..<height) {
      for x in columns.clamped(to: 0..<width) { blend(ink, coverage: coverage, at: 3 * (y * width + x)) }
    }
  }
}
