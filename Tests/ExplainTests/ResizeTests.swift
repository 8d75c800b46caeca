import Explain
import Testing

@Suite struct ResizeTests {
  private func picture(_ width: Int, _ height: Int) -> Image {
    Image(width: width, height: height, pixels: noise(3 * width * height))
  }

  @Test func sameSizeChangesNothing() {
    let image = picture(13, 7)
    #expect(image.resized(width: 13, height: 7, .bicubic) == image)
  }

  @Test(arguments: Interpolation.allCases, [true, false])
  func flatPicturesStayFlat(interpolation: Interpolation, antialias: Bool) {
    let image = Image(width: 31, height: 17, pixels: Array(repeating: 201, count: 3 * 31 * 17))
    for (width, height) in [(5, 3), (100, 80), (31, 4), (1, 1), (64, 2)] {
      let resized = image.resized(width: width, height: height, interpolation, antialias: antialias)
      #expect(resized.pixels == Array(repeating: 201, count: 3 * width * height))
    }
  }

  @Test func valuesWorkedOutByHand() {
    let row = Image(width: 4, height: 1, pixels: [0, 40, 80, 120].flatMap { [$0, $0, $0] })
    // Halved, the triangle reaches three pixels with 3/4, 3/4 and 1/4: (40 * 3/4 + 80 / 4) / (7/4) = 28.6.
    let halved = row.resized(width: 2, height: 1, .bilinear).pixels
    #expect(halved == [29, 29, 29, 91, 91, 91])
    let pair = Image(width: 2, height: 1, pixels: [0, 0, 0, 200, 200, 200])
    #expect(
      pair.resized(width: 4, height: 1, .bilinear).pixels.enumerated().filter { $0.offset % 3 == 0 }.map(\.element)
        == [0, 50, 150, 200])
  }

  @Test func bicubicOvershootIsClamped() {
    let edge = Image(width: 4, height: 1, pixels: [0, 0, 255, 255].flatMap { [$0, $0, $0] })
    let wide = edge.resized(width: 16, height: 1, .bicubic).pixels
    #expect(wide.min() == 0 && wide.max() == 255)
  }

  @Test(arguments: [
    (40, 30, 20, 15), (40, 30, 60, 90), (30, 80, 28, 20), (80, 30, 20, 28), (9, 200, 9, 50), (30, 30, 7, 30),
  ])
  func aPartEqualsTheSamePartOfTheWhole(width: Int, height: Int, newWidth: Int, newHeight: Int) {
    let image = picture(width, height)
    let columns = newWidth / 4..<newWidth - 1
    let rows = newHeight / 3..<newHeight - 2
    for interpolation in Interpolation.allCases {
      for antialias in [true, false] {
        let whole = image.resized(width: newWidth, height: newHeight, interpolation, antialias: antialias)
        let part = image.resized(
          width: newWidth, height: newHeight, columns: columns, rows: rows, interpolation, antialias: antialias)
        #expect(part == whole.cropped(columns: columns, rows: rows))
      }
    }
  }

  /// OpenCV's and PyTorch's resizing without antialiasing, by its definition: two or four neighbours on each axis, none of them
  /// outside the picture. Rounding to 8 bits after each axis costs a level at most.
  @Test(
    arguments: [Interpolation.bilinear, .bicubic], [(40, 30, 13, 9), (13, 9, 40, 30), (40, 30, 7, 60), (2, 1, 9, 5)])
  func withoutAntialiasing(interpolation: Interpolation, sizes: (Int, Int, Int, Int)) {
    let (width, height, newWidth, newHeight) = sizes
    let source = picture(width, height)
    func taps(_ place: Int, _ from: Int, _ to: Int) -> [(place: Int, weight: Double)] {
      let centre = (Double(place) + 0.5) * Double(from) / Double(to) - 0.5
      let left = Int(centre.rounded(.down))
      return (left - 1...left + 2).map { tap in
        let x = abs(Double(tap) - centre)
        let cubic =
          x <= 1 ? (1.25 * x - 2.25) * x * x + 1 : x < 2 ? -0.75 * (((x - 5) * x + 8) * x - 4) : 0
        return (min(max(tap, 0), from - 1), interpolation == .bilinear ? max(1 - x, 0) : cubic)
      }
    }
    let resized = source.resized(width: newWidth, height: newHeight, interpolation, antialias: false)
    var largest = 0.0
    for y in 0..<newHeight {
      let rows = taps(y, height, newHeight)
      for x in 0..<newWidth {
        let columns = taps(x, width, newWidth)
        for c in 0..<3 {
          var sum = 0.0
          for (row, down) in rows {
            let line = columns.reduce(0.0) { $0 + $1.weight * Double(source.pixels[3 * (row * width + $1.place) + c]) }
            sum += down * min(max(line, 0), 255)
          }
          let found = Double(resized.pixels[3 * (y * newWidth + x) + c])
          largest = max(largest, abs(found - min(max(sum, 0), 255)))
        }
      }
    }
    #expect(largest <= 1.3)
  }

  /// Pillow works on the same noise.
  @Test(arguments: PillowResize.cases)
  func equalsPillow(expected: PillowResize) {
    let resized = picture(expected.width, expected.height)
      .resized(width: expected.newWidth, height: expected.newHeight, expected.interpolation)
    #expect(PillowResize.checksum(resized.pixels) == expected.checksum)
  }
}
