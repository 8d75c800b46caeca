import Explain
import Testing

/// What a stream gives after bytes that are no picture.
@Suite struct StreamRecoveryTests {
  /// Pictures and errors, in the order they came.
  private enum Outcome: Equatable {
    case picture([UInt8])
    case error(ImageError)
  }

  private func outcomes(_ bytes: [UInt8], step: Int = 1 << 16) throws -> [Outcome] {
    var position = 0
    var reader = ImageStreamReader { buffer in
      let part = bytes[position...].prefix(min(step, buffer.count))
      buffer.copyBytes(from: part)
      position += part.count
      return part.count
    }
    var outcomes: [Outcome] = []
    while true {
      do {
        guard let picture = try reader.next() else { return outcomes }
        // A JPEG that lacks more than its end is found by decoding.
        let isCut = decodingError(picture) == .truncated(.jpeg)
        outcomes.append(isCut ? .error(.truncated(.jpeg)) : .picture(picture))
      } catch let error as ImageError {
        outcomes.append(.error(error))
      }
    }
  }

  private static let png = PNGBuilder(width: 3, height: 2, depth: 8, colorType: 0, samples: [1, 2, 3, 4, 5, 6])
    .encoded()
  private static let pnm = Array("P6\n3 2\n255\n".utf8) + noise(18)

  private static func pictures() throws -> [[UInt8]] {
    [png, try Fixture.bytes("images/jpeg-420.jpg"), try Fixture.bytes("images/jpeg-progressive.jpg")]
  }

  @Test(arguments: [1, 3, 100, 1 << 16])
  func garbageIsNamedOnceAndSkipped(step: Int) throws {
    let garbage: [[UInt8]] = [
      Array("this is no picture, P6 nor P5 9 9 255".utf8), [0x89, 0x50, 0x4E, 0x47, 0x21], [0xFF, 0x01, 0xFF],
      noise(5000), [0x47, 0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 0, 0, 0],
    ]
    for first in try Self.pictures() + [Self.pnm] {
      for second in try Self.pictures() {
        for bytes in garbage {
          let stream = try outcomes(first + bytes + second + bytes, step: step)
          let error = Outcome.error(.unrecognized)
          let isRight = stream == [.picture(first), error, .picture(second), error]
          #expect(isRight, "\(first[0]), \(second[0]): \(bytes.prefix(20))")
        }
      }
    }
  }

  @Test func pnmIsFoundByTheHeaderOfTheOneBefore() throws {
    let garbage = Array("P6\n3 3\n255\n?".utf8)
    let unknown = try outcomes(garbage.dropFirst(2) + Self.pnm + Self.png)
    #expect(unknown == [.error(.unrecognized), .picture(Self.png)])
    let known = try outcomes(Self.pnm + [1, 2, 3] + Self.pnm + Array("P6 x".utf8) + Self.pnm + Self.pnm, step: 5)
    let picture = Outcome.picture(Self.pnm)
    let header = Outcome.error(.pnmHeader(found: UInt8(ascii: "x")))
    #expect(known == [picture, .error(.unrecognized), picture, header, picture, picture])
    // A size that is too large takes the pictures behind it for its own pixels, until the stream ends too early for it.
    let long = Array("P6\n30 20\n255\n".utf8) + noise(18)
    let swallowed = try outcomes(Self.pnm + long + Self.pnm + Self.pnm)
    #expect(swallowed == [picture, .error(.truncated(.pnm)), picture, picture])
  }

  /// However much of a picture is missing, the one behind it is still answered.
  @Test func cutPicturesLeaveTheNextOne() throws {
    for cut in try Self.pictures() {
      for next in try Self.pictures() {
        let lost = try (9..<cut.count - 2).filter { length in
          let stream = try outcomes(cut + cut.prefix(length) + next + cut)
          let isWhole = stream.first == .picture(cut) && stream.last == .picture(cut) && stream.contains(.picture(next))
          return !isWhole || stream.count > 5
        }
        #expect(lost == [])
      }
    }
  }

  /// Whatever a wrong bit does to a picture, those behind it are still answered.
  @Test func flippedBitsLeaveTheNextOne() throws {
    for picture in try Self.pictures() {
      let lost = try (0..<8 * picture.count).filter { bit in
        var damaged = picture
        damaged[bit / 8] ^= 1 << UInt8(bit % 8)
        let stream = try outcomes(picture + damaged + picture + picture)
        let isWhole = stream.first == .picture(picture) && stream.suffix(2) == [.picture(picture), .picture(picture)]
        return !isWhole || stream.count > 6
      }
      // A flipped bit in coded data can make a marker, and behind it by chance a length that ends at another.
      #expect(lost.count <= 1, "\(lost)")
    }
  }

  @Test func thumbnailsOfCutPhotographsAreNoPictures() throws {
    let thumbnail = try Fixture.bytes("images/jpeg-420.jpg")
    let exif = JPEGBytes.segment(0xE1, Array("Exif".utf8) + [0, 0] + thumbnail)
    let photograph = JPEGBytes.inserting(exif, into: try Fixture.bytes("images/jpeg-restart.jpg"))
    // Without its end marker alone it is whole.
    for length in 3..<photograph.count - 2 {
      #expect(try outcomes(Array(photograph.prefix(length))) == [.error(.truncated(.jpeg))], "\(length)")
    }
  }

  /// Many starts of pictures that never come, each behind a length that reaches far: no more work than bytes.
  @Test func startsWithoutPicturesCostLittle() throws {
    let header = PNGBuilder(width: 9, height: 9, depth: 8, colorType: 0, samples: []).header()
    let start = header + [0, 0xF0, 0, 0] + Array("IDAT".utf8)
    let stream = try outcomes(Array(repeatElement(start, count: 100_000).joined()) + Self.png)
    #expect(stream.last == .picture(Self.png))
    #expect(stream.count > 1000)
  }
}
