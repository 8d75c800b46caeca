import Explain
import Testing

/// A source that gives at most `step` bytes a time and remembers how much was asked of it.
final class ByteSource {
  let bytes: [UInt8]
  let step: Int
  private(set) var position = 0

  init(_ bytes: [UInt8], step: Int) {
    self.bytes = bytes
    self.step = step
  }

  func read(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
    let part = bytes[position...].prefix(min(step, buffer.count))
    buffer.copyBytes(from: part)
    position += part.count
    return part.count
  }
}

@Suite struct ImageStreamReaderTests {
  private static func pictures() throws -> [[UInt8]] {
    let jpeg = try Fixture.bytes("images/jpeg-restart.jpg")
    let thumbnail = JPEGBytes.segment(0xE1, Array("Exif".utf8) + [0, 0] + jpeg)
    return [
      try Fixture.bytes("images/jpeg-420.png"),
      JPEGBytes.inserting(thumbnail, into: try Fixture.bytes("images/jpeg-420.jpg")),
      Array("P6\n2 2\n255\n".utf8) + noise(12),
      jpeg,
      try Fixture.bytes("images/jpeg-progressive.jpg"),
      Array("P5 3 1 65535\n".utf8) + noise(6),
      Array("P5 1 1 255 ".utf8) + [10],
      PNGBuilder(width: 1, height: 1, depth: 8, colorType: 0, samples: [7]).encoded(),
    ]
  }

  private func all(_ bytes: [UInt8], step: Int, limits: ImageLimits = .standard) throws -> [[UInt8]] {
    let source = ByteSource(bytes, step: step)
    var reader = ImageStreamReader(limits: limits, read: source.read)
    var pictures: [[UInt8]] = []
    while let picture = try reader.next() { pictures.append(picture) }
    return pictures
  }

  /// The first error of reading or, as of JPEGs without an end, of decoding.
  private func error(_ bytes: [UInt8], step: Int = 1, limits: ImageLimits = .standard) -> ImageError? {
    do {
      return try all(bytes, step: step, limits: limits).lazy.compactMap { decodingError($0, limits: limits) }.first
    } catch {
      return error as? ImageError
    }
  }

  @Test(arguments: [1, 2, 3, 7, 100, 4096, 1 << 20])
  func mixedPictures(step: Int) throws {
    let pictures = try Self.pictures()
    #expect(try all(pictures.flatMap { $0 }, step: step) == pictures)
    #expect(try all(pictures.flatMap { $0 + [13, 10, 32, 0] }, step: step) == pictures)
  }

  /// Found by fuzzing: what begins like a picture in a comment, and ends where the next picture begins, is none, whether
  /// or not that one has arrived.
  @Test(arguments: [1, 100, 1 << 20])
  func commentsHoldNoPicture(step: Int) throws {
    let jpeg = try Fixture.bytes("images/jpeg-420.jpg")
    let header = 4 + Int(jpeg[4]) << 8 + Int(jpeg[5])
    // Reaches from behind the false marker, in a comment of ten bytes, to the end of the picture.
    let length = jpeg.count + 10 - (header + 4 + 4)
    let start: [UInt8] = [0xFF, 0xD8, 0xFF, 0xE0, UInt8(length >> 8), UInt8(length & 255)]
    let picture = Array(jpeg[..<header]) + JPEGBytes.segment(0xFE, start) + Array(jpeg[header...])
    #expect(picture.count == jpeg.count + 10)
    #expect(try all(picture + jpeg, step: step) == [picture, jpeg])
    #expect(try Image(decoding: picture + jpeg) == Image(decoding: jpeg))
  }

  @Test func everyPictureDecodes() throws {
    for picture in try Self.pictures() { #expect(decodingError(picture) == nil) }
  }

  @Test func answersAtTheLastByte() throws {
    let pictures = try Self.pictures()
    let source = ByteSource(pictures.flatMap { $0 }, step: 1)
    var reader = ImageStreamReader(read: source.read)
    var end = 0
    for picture in pictures {
      #expect(try reader.next() == picture)
      end += picture.count
      #expect(source.position == end)
    }
  }

  @Test func empty() throws {
    #expect(try all([], step: 1).isEmpty)
    #expect(try all([10, 32], step: 1).isEmpty)
  }

  @Test func everyTruncation() throws {
    for picture in try Self.pictures() {
      let format: ImageFormat = picture[0] == 0x89 ? .png : picture[0] == 0xFF ? .jpeg : .pnm
      // A JPEG without its end marker is whole, but for progressive ones.
      let isOpen = format == .jpeg && decodingError(picture.dropLast(2)) == nil
      for length in 1..<picture.count - (isOpen ? 2 : 0) {
        #expect(error(Array(picture.prefix(length)), step: 512) == .truncated(format))
      }
    }
  }

  @Test func junk() throws {
    #expect(error(Array("hello".utf8)) == .unrecognized)
    #expect(error(Array("P3 1 1 255\n".utf8)) == .truncated(.pnm))
    #expect(error([0xFF, 0xD9]) == .unrecognized)
    #expect(error([0x89, 0x50, 0x4F]) == .unrecognized)
    let png = try Fixture.bytes("images/jpeg-420.png")
    #expect(error(png + Array("junk".utf8)) == .unrecognized)
    #expect(error(png.prefix(33) + noise(20)) == .png(chunk: nil, reason: "has bytes between its chunks"))
  }

  @Test func nothingIsFoundInGarbage() throws {
    let source = ByteSource(Array("junk P5 1 1 255 a".utf8), step: 5)
    var reader = ImageStreamReader(read: source.read)
    #expect(throws: ImageError.unrecognized) { try reader.next() }
    #expect(try reader.next() == nil)
  }

  @Test func sizesAreCheckedBeforeBuffering() throws {
    func endless(_ start: [UInt8]) -> (ImageError?, Int) {
      var given = 0
      var reader = ImageStreamReader { buffer in
        if given == 0 {
          buffer.copyBytes(from: start)
        } else {
          _ = buffer.initializeMemory(as: UInt8.self, repeating: 65)
        }
        let count = given == 0 ? start.count : buffer.count
        given += count
        return count
      }
      do {
        _ = try reader.next()
        return (nil, given)
      } catch {
        return (error as? ImageError, given)
      }
    }
    let pnm = endless(Array("P6 16384 16384 255\n".utf8))
    #expect(pnm == (.tooManyPixels(width: 16384, height: 16384, limit: 67_108_864), 19))
    let png = endless(
      PNGBuilder(width: 2, height: 2, depth: 8, colorType: 0, samples: [1, 2, 3, 4]).header() + [
        0x7F, 0, 0, 0, 73, 68, 65, 84,
      ])
    #expect(png.0 == .tooManyBytes(.png, limit: (16 << 20) + 32))
    #expect(png.1 <= (16 << 20) + (1 << 17))
    let jpeg = endless([0xFF, 0xD8, 0xFF, 0xE0, 0, 2])
    #expect(jpeg.0 == .tooManyBytes(.jpeg, limit: 16 << 20))
  }

  @Test func errorsOfTheSourceArePassedOn() throws {
    struct Broken: Error {}
    var reader = ImageStreamReader { _ in throw Broken() }
    #expect(throws: Broken.self) { try reader.next() }
    #expect(try reader.next() == nil)
  }
}
