import Explain
import Testing

/// JPEG segments and damage to them.
enum JPEGBytes {
  static func segment(_ marker: UInt8, _ data: [UInt8]) -> [UInt8] {
    [0xFF, marker, UInt8((data.count + 2) >> 8), UInt8((data.count + 2) & 255)] + data
  }

  /// An EXIF segment whose directory holds a foreign entry and the orientation.
  static func exif(_ orientation: Int, bigEndian: Bool) -> [UInt8] {
    func number(_ value: Int, _ bytes: Int) -> [UInt8] {
      let little = (0..<bytes).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
      return bigEndian ? little.reversed() : little
    }
    let start: [UInt8] = Array((bigEndian ? "MM" : "II").utf8) + number(42, 2) + number(8, 4)
    let other = number(0x010F, 2) + number(2, 2) + number(4, 4) + Array("abc".utf8) + [0]
    let entry = number(0x0112, 2) + number(3, 2) + number(1, 4) + number(orientation, 2) + [0, 0]
    let directory: [UInt8] = number(2, 2) + other + entry + number(0, 4)
    let header: [UInt8] = Array("Exif".utf8) + [0, 0]
    return segment(0xE1, header + start + directory)
  }

  static func inserting(_ segment: [UInt8], into jpeg: [UInt8]) -> [UInt8] {
    Array(jpeg[..<2]) + segment + Array(jpeg[2...])
  }
}

@Suite struct JPEGTests {
  @Test(arguments: [
    "jpeg-420", "jpeg-422", "jpeg-progressive", "jpeg-restart", "jpeg-grey", "jpeg-rgb", "jpeg-cmyk", "jpeg-ycck",
    "jpeg-cmyk-plain",
  ])
  func equalsPillow(name: String) throws {
    let image = try Image(decoding: Fixture.bytes("images/\(name).jpg"))
    let expected = try Image(decoding: Fixture.bytes("images/\(name).png"))
    #expect(image.width == 29 && image.height == 23)
    #expect(difference(image.pixels, expected.pixels) == (0, 0))
  }

  @Test(arguments: 1...8, [false, true])
  func orientation(value: Int, bigEndian: Bool) throws {
    let jpeg = try Fixture.bytes("images/jpeg-420.jpg")
    let stored = try Image(decoding: jpeg)
    let turned = try Image(decoding: JPEGBytes.inserting(JPEGBytes.exif(value, bigEndian: bigEndian), into: jpeg))
    let (w, h) = (stored.width, stored.height)
    #expect((turned.width, turned.height) == (value < 5 ? (w, h) : (h, w)))
    // EXIF 2.32: where row 0 and column 0 of the stored picture lie in the upright one.
    for y in 0..<turned.height {
      for x in 0..<turned.width {
        let (sx, sy) =
          switch value {
          case 1: (x, y)
          case 2: (w - 1 - x, y)
          case 3: (w - 1 - x, h - 1 - y)
          case 4: (x, h - 1 - y)
          case 5: (y, x)
          case 6: (y, h - 1 - x)
          case 7: (w - 1 - y, h - 1 - x)
          default: (w - 1 - y, x)
          }
        let (at, from) = (3 * (y * turned.width + x), 3 * (sy * w + sx))
        guard turned.pixels[at..<(at + 3)] == stored.pixels[from..<(from + 3)] else {
          Issue.record("pixel \(x), \(y) is not stored pixel \(sx), \(sy)")
          return
        }
      }
    }
  }

  @Test func damagedExifCountsAsUpright() throws {
    let jpeg = try Fixture.bytes("images/jpeg-420.jpg")
    let stored = try Image(decoding: jpeg)
    let exif = JPEGBytes.exif(6, bigEndian: true)
    for length in 10..<(exif.count - 4) {
      let cut = JPEGBytes.segment(0xE1, Array(exif[4..<length]))
      let image = try Image(decoding: JPEGBytes.inserting(cut, into: jpeg))
      #expect(image == stored || (length >= exif.count - 6 && image.width == stored.height))
    }
    for value in [0, 9, 65535] {
      #expect(try Image(decoding: JPEGBytes.inserting(JPEGBytes.exif(value, bigEndian: false), into: jpeg)) == stored)
    }
    for (offset, byte) in [(14, 0xFF), (19, 1), (10, 0x42), (34, 0x04)] as [(Int, UInt8)] {
      var damaged = exif
      damaged[offset] = byte
      #expect(try Image(decoding: JPEGBytes.inserting(damaged, into: jpeg)) == stored)
    }
  }

  @Test(arguments: ["jpeg-420", "jpeg-progressive", "jpeg-restart"])
  func everyTruncation(name: String) throws {
    let bytes = try Fixture.bytes("images/\(name).jpg")
    // The end marker alone may be missing, where the data tell that they are complete.
    let end = name == "jpeg-progressive" ? bytes.count : bytes.count - 2
    for length in 3..<end { #expect(decodingError(Array(bytes.prefix(length))) == .truncated(.jpeg)) }
    for length in end..<bytes.count {
      #expect(try Image(decoding: Array(bytes.prefix(length))) == Image(decoding: bytes))
    }
    #expect(ImageError.truncated(.jpeg).description == "JPEG ends before its image is complete")
  }

  /// Found by fuzzing: what looks like a segment that goes on behind the end is none, whether or not bytes follow.
  @Test func aFalseMarkerNearTheEndMakesNoDifference() throws {
    let bytes = try Fixture.bytes("fuzz/jpeg/625d8d53a90ec2b53c60f565014bc0bbcd340ce3")
    let picture = Array(bytes.prefix(581))
    #expect(picture.suffix(2) == [0xFF, 0xD9])
    #expect(try Image(decoding: picture) == Image(decoding: bytes))
    var reader = ImageStreamReader(read: ByteSource(bytes, step: bytes.count).read)
    #expect(try reader.next() == picture)
  }

  /// Found by fuzzing: a false segment ends where the next picture begins, which a file of the first one does not hold.
  @Test func aFalseSegmentAtTheEndMakesNoDifference() throws {
    let bytes = try Fixture.bytes("fuzz/jpeg/099359f1c83a85cc159108a47dcf99cc3a031cae")
    let error = try #require(decodingError(bytes))
    var reader = ImageStreamReader(read: ByteSource(bytes, step: bytes.count).read)
    #expect(throws: error) { try reader.next() }
  }

  /// Found by fuzzing: a false segment that reaches into the next picture hides an EOI, which a file of the first does not.
  @Test func aFalseSegmentAcrossTheEndMakesNoDifference() throws {
    let bytes = try Fixture.bytes("fuzz/jpeg/0074709130ed49ed632f1a33fdecee9840f6f559")
    let error = try #require(decodingError(bytes))
    var reader = ImageStreamReader(read: ByteSource(bytes, step: bytes.count).read)
    #expect(throws: error) { try reader.next() }
  }

  @Test func missingDataBeforeTheEnd() throws {
    let bytes = try Fixture.bytes("images/jpeg-420.jpg")
    #expect(decodingError(bytes.dropLast(100) + [0xFF, 0xD9]) == .truncated(.jpeg))
  }

  @Test func extraneousBytesAreTolerated() throws {
    let jpeg = try Fixture.bytes("images/jpeg-420.jpg")
    let expected = try Image(decoding: jpeg)
    #expect(try Image(decoding: jpeg.dropLast(2) + [1, 2, 3, 0xFF, 0xFF, 0xD9]) == expected)
    #expect(try Image(decoding: jpeg.prefix(20) + [1, 2, 3] + jpeg.dropFirst(20)) == expected)
    #expect(try Image(decoding: jpeg + noise(50)) == expected)
  }

  @Test func errors() throws {
    var jpeg = try Fixture.bytes("images/jpeg-420.jpg")
    let frame = (0..<jpeg.count).first { jpeg[$0...].starts(with: [0xFF, 0xC0]) }!
    #expect(decodingError([0xFF, 0xD8, 0xFF, 0xD9]) == .jpeg(reason: "has no image"))
    #expect(decodingError([0xFF, 0xD8, 0xFF, 0xE0, 0, 1]) == .jpeg(reason: "a marker segment has length 1"))
    #expect(decodingError([0xFF, 0xD8, 0xFF, 0xC0, 0, 4, 8, 0]) == .jpeg(reason: "a frame header has length 4"))
    #expect(decodingError([0xFF, 0xD8, 0xFF, 0xD8]) == .truncated(.jpeg))
    let header = Array(jpeg[frame..<(frame + 19)])
    #expect(decodingError(JPEGBytes.inserting(header, into: jpeg)) == .jpeg(reason: "has two frame headers"))
    jpeg[frame + 4] = 12
    #expect(decodingError(jpeg) == .jpeg(reason: "Unsupported JPEG data precision 12"))
    jpeg[frame + 4] = 8
    // Differential; the lossless process 0xC3 is decoded from libjpeg-turbo 3 on.
    jpeg[frame + 1] = 0xC5
    #expect(decodingError(jpeg) == .jpeg(reason: "Unsupported JPEG process: SOF type 0xc5"))
    jpeg[frame + 1] = 0xC0
    (jpeg[frame + 5], jpeg[frame + 6]) = (0xFF, 0xFF)
    #expect(decodingError(jpeg) == .sideTooLong(width: 29, height: 65535, limit: 16384))
    (jpeg[frame + 5], jpeg[frame + 6]) = (0, 0)
    #expect(decodingError(jpeg) == .emptyPicture(.jpeg, width: 29, height: 0))
  }

  @Test func damagedCodes() throws {
    let jpeg = try Fixture.bytes("images/jpeg-420.jpg")
    let tables = (0..<jpeg.count).first { jpeg[$0...].starts(with: [0xFF, 0xC4]) }!
    var damaged = jpeg
    for at in (tables + 5)..<(tables + 21) { damaged[at] = 255 }
    #expect(decodingError(damaged) == .jpeg(reason: "Bogus Huffman table definition"))
    // Whatever one wrong byte does, it ends in a picture or in an error.
    for at in 2..<jpeg.count {
      var damaged = jpeg
      damaged[at] ^= 0x55
      _ = decodingError(damaged, limits: ImageLimits(pixels: 1 << 20))
    }
  }

  /// JPEG has no checksums, so a flipped bit may pass; what comes of it never depends on what memory held before.
  @Test(arguments: ["jpeg-420", "jpeg-progressive", "jpeg-cmyk"])
  func everyFlippedBit(name: String) throws {
    let jpeg = try Fixture.bytes("images/\(name).jpg")
    let limits = ImageLimits(pixels: 1 << 14, side: 1 << 10)
    var refused = 0
    for bit in 0..<8 * jpeg.count {
      var damaged = jpeg
      damaged[bit / 8] ^= 1 << UInt8(bit % 8)
      let decoded = [UInt8(0x00), 0xFF].map { fill in
        dirtyMemory(fill)
        return try? Image(decoding: damaged, limits: limits)
      }
      #expect(decoded[0] == decoded[1], "bit \(bit)")
      refused += decoded[0] == nil ? 1 : 0
    }
    #expect(refused > 100 && refused < 8 * jpeg.count)
  }

  /// Leaves freed blocks of the sizes that a decoder asks for, full of one byte.
  private func dirtyMemory(_ fill: UInt8) {
    for count in [512, 2001, 2668, 4096, 16384, 49152] {
      let block = [UInt8](repeating: fill, count: count)
      #expect(block.last == fill)
    }
  }
}
