import Explain
import Testing

@Suite struct PNGEncodingTests {
  @Test(arguments: [(1, 1), (7, 5), (256, 3), (300, 200)])
  func colourRoundTrip(size: (Int, Int)) throws {
    let image = Image(width: size.0, height: size.1, pixels: noise(3 * size.0 * size.1))
    #expect(try Image(decoding: image.encodedPNG()) == image)
  }

  /// Up to 12 MiB the rows are compressed in one call, beyond row by row.
  @Test(arguments: [2047, 2049]) func bothWaysOfCompressingRoundTrip(width: Int) throws {
    // A gradient under a little noise: matches, literals and every value.
    let height = 2048
    let pixels = noise(3 * width * height).enumerated().map { index, noise in
      UInt8(truncatingIfNeeded: index / 3 % width / 8 + index / (3 * width) + Int(noise & 3))
    }
    let image = Image(width: width, height: height, pixels: pixels, iccProfile: nil)
    let bytes = try image.encodedPNG()
    #expect(bytes.count < pixels.count / 2)
    #expect(try Image(decoding: bytes) == image)
  }

  @Test func greyRoundTrip() throws {
    let grey = noise(35)
    let bytes = try encodePNG(width: 7, height: 5, channels: 1, samples: grey)
    #expect(Array(bytes[24..<26]) == [8, 0])
    #expect(try Image(decoding: bytes).pixels == grey.flatMap { [$0, $0, $0] })
  }

  @Test func grey16KeepsTheHighByteFirst() throws {
    let grey: [UInt16] = [0x0000, 0x1234, 0xFFFF, 0x00FF]
    let bytes = try encodePNG(width: 4, height: 1, channels: 1, samples: grey)
    #expect(Array(bytes[24..<26]) == [16, 0])
    #expect(try Image(decoding: bytes).pixels == [0, 0, 0, 0x12, 0x12, 0x12, 0xFF, 0xFF, 0xFF, 0, 0, 0])
  }

  @Test func alphaIsWritten() throws {
    let bytes = try encodePNG(width: 2, height: 1, channels: 4, samples: [1, 2, 3, 255, 1, 2, 3, 0] as [UInt8])
    #expect(Array(bytes[24..<26]) == [8, 6])
    #expect(try Image(decoding: bytes).pixels == [1, 2, 3, 255, 255, 255])
  }

  @Test func wrongCount() {
    #expect(throws: ImageError.sampleCount(expected: 12, found: 11)) {
      try encodePNG(width: 2, height: 2, channels: 3, samples: noise(11))
    }
    #expect(throws: ImageError.emptyPicture(.png, width: 0, height: 2)) {
      try encodePNG(width: 0, height: 2, channels: 3, samples: [] as [UInt8])
    }
  }
}
