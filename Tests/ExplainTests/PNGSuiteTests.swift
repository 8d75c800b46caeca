import Explain
import Testing

/// Willem van Schaik's PngSuite: every kind of PNG, and some that are damaged.
@Suite struct PNGSuiteTests {
  /// Pixels as another decoder than libpng sees them.
  @Test func equalsPillow() throws {
    let table = String(decoding: try Fixture.bytes("pngsuite-expected/pixels.tsv"), as: UTF8.self)
    var seen = 0
    for line in table.split(separator: "\n") {
      let fields = line.split(separator: "\t")
      let image = try Image(decoding: Fixture.bytes("pngsuite/\(fields[0])"))
      #expect(image.width == Int(fields[1]) && image.height == Int(fields[2]), "\(fields[0])")
      #expect(crc32(image.pixels) == UInt32(fields[3], radix: 16), "\(fields[0])")
      seen += 1
    }
    #expect(seen == 153)
  }

  /// Pillow composites after the low byte of each sample is gone, we before.
  @Test(arguments: [
    ("basn4a16", "4a16"), ("basi4a16", "4a16"), ("bgai4a16", "4a16"), ("bggn4a16", "4a16"), ("basn6a16", "6a16"),
    ("basi6a16", "6a16"), ("bgan6a16", "6a16"), ("bgyn6a16", "6a16"),
  ])
  func alphaOf16BitsIsPillowsWithinALevel(_ name: String, _ reference: String) throws {
    let image = try Image(decoding: Fixture.bytes("pngsuite/\(name).png"))
    let expected = try Image(decoding: Fixture.bytes("pngsuite-expected/\(reference).png"))
    #expect(difference(image.pixels, expected.pixels).largest <= 1)
  }

  @Test(
    arguments: [
      ("xc1n0g08", .png(chunk: nil, reason: "Invalid IHDR data")),
      ("xc9n2c08", .png(chunk: nil, reason: "Invalid IHDR data")),
      ("xcrn0g04", .unrecognized),
      ("xcsn0g01", .checksum(chunk: "IDAT")),
      ("xd0n2c08", .png(chunk: nil, reason: "Invalid IHDR data")),
      ("xd3n2c08", .png(chunk: nil, reason: "Invalid IHDR data")),
      ("xd9n2c08", .png(chunk: nil, reason: "Invalid IHDR data")),
      ("xdtn0g01", .png(chunk: "IEND", reason: "out of place")),
      ("xhdn0g08", .checksum(chunk: "IHDR")),
      ("xlfn0g04", .unrecognized),
      ("xs1n0g01", .unrecognized),
      ("xs2n0g01", .unrecognized),
      ("xs4n0g01", .unrecognized),
      ("xs7n0g01", .unrecognized),
    ] as [(String, ImageError)])
  func refusesDamagedPictures(_ name: String, _ error: ImageError) throws {
    #expect(decodingError(try Fixture.bytes("pngsuite/\(name).png")) == error)
  }

  @Test(arguments: ["basn0g01", "basn3p02", "basi2c08", "tbbn0g04", "s01n3p01"])
  func noTruncationAndNoFlippedBitPasses(_ name: String) throws {
    let bytes = try Fixture.bytes("pngsuite/\(name).png")
    for length in 0..<bytes.count { #expect(decodingError(Array(bytes.prefix(length))) != nil, "\(length) bytes") }
    for bit in 0..<8 * bytes.count {
      var damaged = bytes
      damaged[bit / 8] ^= 1 << UInt8(bit % 8)
      // A CRC finds every single bit in a chunk; a length that lies moves the chunks behind it.
      #expect(decodingError(damaged) != nil, "bit \(bit)")
    }
  }
}
