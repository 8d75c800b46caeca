/// A colour, 0...255 a channel.
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

  /// Lays a colour over a pixel.
  ///
  /// - Parameters:
  ///   - coverage: how much of the pixel it covers, 0...1.
  ///   - index: of the pixel's first sample.
  mutating func blend(_ ink: Ink, coverage: Double, at index: Int) {
    guard coverage > 0 else { return }
    for (channel, value) in [ink.red, ink.green, ink.blue].enumerated() {
      let below = Double(pixels[index + channel])
      pixels[index + channel] = UInt8(below + coverage * (Double(value) - below) + 0.5)
    }
  }
}
