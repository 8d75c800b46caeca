import Explain
import Testing

@Suite struct JPEGEncodingTests {
  /// Smooth, with an odd size, so that halved chroma has an edge.
  private let image: Image = {
    var pixels: [UInt8] = []
    for y in 0..<47 {
      for x in 0..<61 {
        pixels.append(UInt8(4 * x))
        pixels.append(UInt8(5 * y))
        pixels.append(UInt8(2 * x + 2 * y))
      }
    }
    return Image(width: 61, height: 47, pixels: pixels)
  }()

  private func error(_ quality: Int) throws -> Double {
    let decoded = try Image(decoding: image.encodedJPEG(quality: quality))
    #expect(decoded.width == 61)
    #expect(decoded.height == 47)
    var squares = 0.0
    for (before, after) in zip(image.pixels, decoded.pixels) {
      let difference = Double(before) - Double(after)
      squares += difference * difference
    }
    return (squares / Double(image.pixels.count)).squareRoot()
  }

  @Test func whatIsEncodedIsDecoded() throws {
    let (good, poor) = (try error(90), try error(20))
    #expect(good < 2.5 && good < poor, "\(good), \(poor)")
  }

  @Test func lowerQualityIsSmaller() throws {
    #expect(try image.encodedJPEG(quality: 20).count < image.encodedJPEG(quality: 95).count)
  }

  @Test func sidesThatJPEGHasNotAreRefused() {
    let long = Image(width: 70_000, height: 1, pixels: [UInt8](repeating: 0, count: 210_000))
    #expect(throws: ImageError.self) { try long.encodedJPEG() }
  }
}
