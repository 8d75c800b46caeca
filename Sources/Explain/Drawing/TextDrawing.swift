extension Image {
  /// Writes a line of text; what would lie outside is cut off.
  ///
  /// - Parameters:
  ///   - x: the left edge of the first letter in pixels.
  ///   - baseline: the bottom of capitals in pixels from the top.
  ///   - size: pixels of an em.
  mutating func write(_ text: String, x: Double, baseline: Double, size: Double, ink: Ink) {
    let font = OutlineFont.shared
    var contours: [[OutlineFont.Point]] = []
    var pen = x
    for glyph in text.flatMap(font.glyphs) {
      contours += font.contours(glyph).map { contour in
        contour.map { OutlineFont.Point(x: pen + $0.x * size, y: baseline - $0.y * size, isOnCurve: $0.isOnCurve) }
      }
      pen += font.advance(glyph) * size
    }
    let points = contours.joined()
    guard let left = points.map(\.x).min(), let right = points.map(\.x).max(), let top = points.map(\.y).min(),
      let bottom = points.map(\.y).max()
    else { return }
    let (originX, originY) = (Int(left.rounded(.down)), Int(top.rounded(.down)))
    var coverage = Coverage(
      width: Int(right.rounded(.up)) - originX + 1, height: Int(bottom.rounded(.up)) - originY + 1)
    for contour in contours {
      coverage.add(
        contour.map {
          OutlineFont.Point(x: $0.x - Double(originX), y: $0.y - Double(originY), isOnCurve: $0.isOnCurve)
        })
    }
    coverage.forEachPixel { column, row, share in
      let (x, y) = (originX + column, originY + row)
      guard (0..<width).contains(x), (0..<height).contains(y) else { return }
      blend(ink, coverage: share, at: 3 * (y * width + x))
    }
  }
}
