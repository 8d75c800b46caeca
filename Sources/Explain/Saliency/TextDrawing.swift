/// A colour of captions and grounds, 0...255 a channel.
struct Ink: Sendable {
  let red, green, blue: UInt8

  init(_ red: UInt8, _ green: UInt8, _ blue: UInt8) {
    (self.red, self.green, self.blue) = (red, green, blue)
  }
}

extension Image {
  /// A picture of one colour.
  init(width: Int, height: Int, filledWith ink: Ink) {
    var pixels: [UInt8] = []
    pixels.reserveCapacity(3 * width * height)
    for _ in 0..<(width * height) { pixels += [ink.red, ink.green, ink.blue] }
    self.init(width: width, height: height, pixels: pixels)
  }

  /// Copies a picture into this one, with its upper left corner at (`x`, `y`).
  ///
  /// - Precondition: it fits.
  mutating func place(_ other: Image, x: Int, y: Int) {
    precondition(x >= 0 && y >= 0 && x + other.width <= width && y + other.height <= height)
    for row in 0..<other.height {
      let target = 3 * ((y + row) * width + x)
      let source = 3 * row * other.width
      pixels.replaceSubrange(
        target..<(target + 3 * other.width), with: other.pixels[source..<(source + 3 * other.width)])
    }
  }

  /// Writes a line of text; what would lie outside is cut off.
  ///
  /// - Parameters:
  ///   - x: the left edge of the first letter in pixels.
  ///   - y: the top of the capitals in pixels.
  ///   - scale: pixels per cell of the font, 1 or more; any fraction is smooth.
  mutating func write(_ text: String, x: Double, y: Double, scale: Double, ink: Ink) {
    for (glyph, column) in BitmapFont.layout(text) {
      let left = x + Double(column) * scale
      let columns = Int(left.rounded(.down))..<Int((left + Double(glyph.width) * scale).rounded(.up))
      let rows = Int(y.rounded(.down))..<Int((y + Double(BitmapFont.height) * scale).rounded(.up))
      for row in rows.clamped(to: 0..<height) {
        for pixel in columns.clamped(to: 0..<width) {
          let coverage = glyph.coverage(
            column: (Double(pixel) + 0.5 - left) / scale, row: (Double(row) + 0.5 - y) / scale, scale: scale)
          blend(ink, coverage: coverage, at: 3 * (row * width + pixel))
        }
      }
    }
  }

  private mutating func blend(_ ink: Ink, coverage: Double, at index: Int) {
    guard coverage > 0 else { return }
    for (channel, value) in [ink.red, ink.green, ink.blue].enumerated() {
      let below = Double(pixels[index + channel])
      pixels[index + channel] = UInt8(below + coverage * (Double(value) - below) + 0.5)
    }
  }
}

extension BitmapFont.Glyph {
  /// Level of the interpolated cells that is the outline; just below 0.5, so that cells that touch at a corner connect.
  private static let outline = 0.42

  /// How much of a pixel is ink, 0...1: the cells are interpolated and cut at the outline, which rounds their corners.
  func coverage(column: Double, row: Double, scale: Double) -> Double {
    let (x, y) = (column - 0.5, row - 0.5)
    let (left, top) = (Int(x.rounded(.down)), Int(y.rounded(.down)))
    let (u, v) = (x - x.rounded(.down), y - y.rounded(.down))
    func cell(_ dx: Int, _ dy: Int) -> Double { ink(column: left + dx, row: top + dy) ? 1 : 0 }
    let upper = cell(0, 0) + u * (cell(1, 0) - cell(0, 0))
    let lower = cell(0, 1) + u * (cell(1, 1) - cell(0, 1))
    let level = upper + v * (lower - upper)
    return min(max((level - Self.outline) * scale + 0.5, 0), 1)
  }
}
