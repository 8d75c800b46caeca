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
    #expect(decodingError(pnm("P3 1 1 255 1 2 3", [])) == .unrecognized)
    #expect(ImageError.pnmHeader(found: 120).description == "PNM header holds 'x' where a number belongs")
    #expect(ImageError.pnmHeader(found: 7).description == "PNM header holds byte 7 where a number belongs")
  }

  @Test func everyTruncation() {
    let bytes = pnm("P6 2 1 255\n", [1, 2, 3, 4, 5, 6])
    for length in 2..<bytes.count { #expect(decodingError(Array(bytes.prefix(length))) == .truncated(.pnm)) }
  }
}
