import Explain
import Testing

@Suite struct PNMTests {
  private func pnm(_ header: String, _ samples: [UInt8]) -> [UInt8] { Array(header.utf8) + samples }

  @Test(arguments: ["P6\n2 1\n255\n", "P6 2 1 255 ", "P6 # two\n#by one\n2\t1#c\r\n255\n", "P6\r\n2\r1\u{0B}255\u{0C}"])
  func headers(header: String) throws {
    let image = try Image(decoding: pnm(header, [1, 2, 3, 4, 5, 6]))
    #expect(image == Image(width: 2, height: 1, pixels: [1, 2, 3, 4, 5, 6]))
  }

  @Test func samplesThatLookLikeSpaceOrComments() throws {
    let image = try Image(decoding: pnm("P5 3 1 255\n", [10, 35, 32]))
    #expect(image.pixels == [10, 10, 10, 35, 35, 35, 32, 32, 32])
  }

  @Test func scaling() throws {
    // 1/2 of 255 is 127.5, 1/6 is 42.5: halves go to the even side, as in Pillow.
    #expect(
      try Image(decoding: pnm("P5 3 1 2\n", [0, 1, 2])).pixels.filter { $0 > 0 } == [128, 128, 128, 255, 255, 255])
    #expect(try Image(decoding: pnm("P5 1 1 6\n", [1])).pixels == [42, 42, 42])
    #expect(try Image(decoding: pnm("P5 1 1 100\n", [200])).pixels == [255, 255, 255])
    #expect(try Image(decoding: pnm("P6 1 1 65535\n", [0x80, 0, 0xFF, 0xFF, 0, 0x81])).pixels == [128, 255, 1])
    #expect(try Image(decoding: pnm("P5 1 1 1000\n", [1, 0xF4])).pixels == [128, 128, 128])
  }

  @Test func errors() {
    #expect(decodingError(pnm("P5 3 x", [])) == .pnmHeader(found: UInt8(ascii: "x")))
    #expect(decodingError(pnm("P5 -3 2 255\n", [])) == .pnmHeader(found: UInt8(ascii: "-")))
    #expect(decodingError(pnm("P53 2 255\n", [])) == .pnmHeader(found: UInt8(ascii: "3")))
    #expect(decodingError(pnm("P5 3 2 0\n", [])) == .pnmMaximum(found: 0))
    #expect(decodingError(pnm("P5 3 2 65536\n", [])) == .pnmMaximum(found: 65536))
    #expect(decodingError(pnm("P5 0 2 255\n", [])) == .emptyPicture(.pnm, width: 0, height: 2))
    #expect(decodingError(pnm("P5 20000 2 255\n", [])) == .sideTooLong(width: 20000, height: 2, limit: 16384))
    #expect(
      decodingError(pnm("P5 \(String(repeating: "9", count: 40)) 1 255\n", []))?.description.hasPrefix("image") == true)
    #expect(decodingError(pnm("P5 #" + String(repeating: "c", count: 5000), [])) == .pnmHeaderTooLong(limit: 4096))
    #expect(decodingError(pnm("P8 1 1 255 1 2 3", [])) == .unrecognized)
    #expect(decodingError(pnm("P3 1 1 255 1 x 3", [])) == .pnmSample(found: UInt8(ascii: "x")))
    #expect(decodingError(pnm("P1 2 1 0 2", [])) == .pnmSample(found: UInt8(ascii: "2")))
    #expect(decodingError(pnm("P2 1 1 255 " + String(repeating: "1", count: 99), [])) == .pnmSample(found: 49))
    #expect(decodingError(pnm("P3 1 1 255 1 2 ", [])) == .truncated(.pnm))
    #expect(decodingError(pnm("P4 9 2\n", [1, 2, 3])) == .truncated(.pnm))
    #expect(ImageError.pnmHeader(found: 120).description == "PNM header has 'x' instead of a number")
    #expect(ImageError.pnmHeader(found: 7).description == "PNM header has byte 7 instead of a number")
  }

  @Test func everyTruncation() {
    let bytes = pnm("P6 2 1 255\n", [1, 2, 3, 4, 5, 6])
    for length in 2..<bytes.count { #expect(decodingError(Array(bytes.prefix(length))) == .truncated(.pnm)) }
  }

  /// As netpbm reads them: from `#`, wherever it is, to the end of the line, which stays white space.
  @Test(arguments: [
    "P6\n2 1\n255# c\n", "P6 2 1 255#\r", "P6#two\n2#wide\n1#high\n255\n", "P6 2 1#c\r255#\n", "P6\r# c\r2 1\r255\r",
  ])
  func commentsInTheHeader(header: String) throws {
    #expect(try Image(decoding: pnm(header, [35, 2, 10, 4, 5, 6])).pixels == [35, 2, 10, 4, 5, 6])
  }

  @Test func bitmaps() throws {
    let white: [UInt8] = [255, 255, 255]
    let black: [UInt8] = [0, 0, 0]
    let expected = [black, white, white, white, black, black].flatMap { $0 }
    for plain in ["P1 3 2 1 0 0 0 1 1", "P1\n3 2\n100011", "P1 3 2\n10 # c\r 0\n011\n", "P1 3 2#c\n100\n011"] {
      #expect(try Image(decoding: pnm(plain, [])).pixels == expected, "\(plain)")
    }
    #expect(try Image(decoding: pnm("P4 3 2\n", [0b1001_1111, 0b0110_0000])).pixels == expected)
    let wide = try Image(decoding: pnm("P4 9 1\n", [0xFF, 0x7F]))
    #expect(wide.pixels == [UInt8](repeating: 0, count: 24) + white)
  }

  @Test func plainSamples() throws {
    #expect(try Image(decoding: pnm("P2 2 1 255 7 255", [])).pixels == [7, 7, 7, 255, 255, 255])
    #expect(try Image(decoding: pnm("P3\n2 1\n15\n15 0 1#c\n 2\t\r3 99", [])).pixels == [255, 0, 17, 34, 51, 255])
    #expect(try Image(decoding: pnm("P2 1 1 65535 32896\n", [])).pixels == [128, 128, 128])
  }

  @Test func arbitraryMaps() throws {
    func pam(_ lines: String, _ samples: [UInt8]) -> [UInt8] { pnm("P7\n\(lines)\nENDHDR\n", samples) }
    let size = "WIDTH 2\nHEIGHT 1\n"
    #expect(
      try Image(decoding: pam(size + "DEPTH 3\nMAXVAL 255\nTUPLTYPE RGB", [1, 2, 3, 4, 5, 6])).pixels == [
        1, 2, 3, 4, 5, 6,
      ])
    #expect(
      try Image(decoding: pam("# c\nMAXVAL 255\n\nDEPTH 1\n" + size + "TUPLTYPE GRAYSCALE", [9, 8])).pixels
        == [9, 9, 9, 8, 8, 8])
    #expect(
      try Image(decoding: pam(size + "DEPTH 1\nMAXVAL 1\nTUPLTYPE BLACKANDWHITE", [1, 0])).pixels == [
        255, 255, 255, 0, 0, 0,
      ])
    #expect(
      try Image(decoding: pam(size + "DEPTH 1\nMAXVAL 300", [1, 44, 0, 150])).pixels == [255, 255, 255, 128, 128, 128])
    // Half transparent over white, wholly transparent, opaque.
    #expect(
      try Image(decoding: pam(size + "DEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA", [0, 100, 255, 51, 1, 2, 3, 0])).pixels
        == [204, 224, 255, 255, 255, 255])
    #expect(
      try Image(decoding: pam(size + "DEPTH 2\nMAXVAL 255\nTUPLTYPE GRAYSCALE_ALPHA", [7, 255, 7, 0])).pixels
        == [7, 7, 7, 255, 255, 255])
    #expect(decodingError(pam(size + "DEPTH 2\nMAXVAL 255\nTUPLTYPE RGB", [])) == .pamKind("RGB", depth: 2))
    #expect(decodingError(pam(size + "DEPTH 5\nMAXVAL 255", [])) == .pamKind("", depth: 5))
    #expect(decodingError(pam(size + "DEPTH x\nMAXVAL 255", [])) == .pam(line: "DEPTH x"))
    #expect(decodingError(pam("WIDTH 2", [])) == .pam(line: "ENDHDR"))
    #expect(decodingError(pam(size + "DEPTH 1\nMAXVAL 0", [])) == .pnmMaximum(found: 0))
    #expect(decodingError(pnm("P7 332", [])) == .pnmHeader(found: 32))
  }

  /// A plain picture ends behind its last digit, which what follows tells, or the end of all.
  @Test(arguments: [1, 3, 1 << 16])
  func streamsOfAllKinds(step: Int) throws {
    let pictures = [
      "P1 3 2 1 0 0 0 1 1", "P1 2 1 01", "P2 2 1 255 7 255", "P3 1 1 255 1 2 3", "P4 3 2\nab", "P5 2 1 255 xy",
      "P7\nWIDTH 1\nHEIGHT 1\nDEPTH 3\nMAXVAL 255\nTUPLTYPE RGB\nENDHDR\nabc", "P3 1 1 255 1 2 30",
    ].map { Array($0.utf8) }
    var reader = ImageStreamReader(read: ByteSource(pictures.flatMap { $0 + [10] } + pictures[2], step: step).read)
    for picture in pictures + [pictures[2]] { #expect(try reader.next() == picture) }
    #expect(try reader.next() == nil)
    let source = ByteSource(pictures[2] + [10] + pictures[0] + pictures[0], step: 1)
    reader = ImageStreamReader(read: source.read)
    _ = try reader.next()
    #expect(source.position == pictures[2].count + 1)
    _ = try reader.next()
    #expect(source.position == pictures[2].count + 1 + pictures[0].count)
  }

  @Test func samplesThatTakeLittleOfTheirRange() throws {
    let dark = pnm("P5 2 1 65535\n", [0x0F, 0xFF, 0x08, 0])
    let decoded = try DecodedImage(dark)
    #expect(decoded.image.pixels == [16, 16, 16, 8, 8, 8])
    #expect(decoded.depth == SampleDepth(largest: 4095, maximum: 65535))
    #expect(decoded.depth?.isFarBelow == true && decoded.depth?.ceiling == 4095)
    let stretched = try DecodedImage(dark, DecodingOptions(stretches: true))
    #expect(stretched.image.pixels == [255, 255, 255, 128, 128, 128])
    #expect(try DecodedImage(pnm("P5 1 1 65535\n", [0x80, 0])).depth?.isFarBelow == false)
    #expect(try DecodedImage(pnm("P5 1 1 65535\n", [0, 0])).depth?.isFarBelow == false)
    #expect(try DecodedImage(pnm("P5 1 1 4095\n", [0x0F, 0xFF])).depth?.isFarBelow == false)
    #expect(try DecodedImage(pnm("P5 1 1 255\n", [3])).depth == nil)
    #expect(try DecodedImage(pnm("P2 1 1 1023 100", []), DecodingOptions(stretches: true)).image.pixels[0] == 201)
  }
}
