import Explain
import Testing

@Suite struct PictureMarkTests {
  private static let image = Image(width: 7, height: 5, pixels: (0..<105).map { UInt8($0) })
  private static let pictures = [
    Picture.color(image), Picture.gray(width: 7, height: 5, samples: Array(0..<35)),
  ]

  @Test(arguments: PictureFormat.allCases)
  func areReadBack(_ format: PictureFormat) throws {
    for picture in Self.pictures {
      if case .color = picture, !format.hasColor { continue }
      for path in [nil, Array("/a".utf8), Array("/b".utf8)] {
        let mark = PictureMark(inputPath: path)
        let bytes = try picture.encoded(as: format, mark: mark)
        #expect(PictureMark(startOfPicture: Array(bytes.prefix(PictureMark.reach))) == mark)
        let decoded = try Image(decoding: bytes)
        #expect(decoded.width == 7 && decoded.height == 5)
        if case .color(let image) = picture, format != .jpeg { #expect(decoded == image) }
      }
    }
    #expect(PictureMark(inputPath: Array("/a".utf8)) != PictureMark(inputPath: Array("/b".utf8)))
  }

  @Test func othersHaveNone() throws {
    let pictures = [
      try Self.image.encodedPNG(), try Self.image.encodedJPEG(), Array("P6\n# by another\n1 1\n255\n___".utf8),
      Array("P6\n# ttame-lite 2\n1 1\n255\n___".utf8), Array("ttame-lite".utf8), [], [0xFF, 0xD8, 0xFF, 0xFE, 0, 0],
    ]
    for bytes in pictures { #expect(PictureMark(startOfPicture: bytes) == nil) }
  }

  /// However a file is cut, it is read as marked or not, and never beyond its end.
  @Test(arguments: PictureFormat.allCases)
  func cutFiles(_ format: PictureFormat) throws {
    let bytes = try Self.pictures[1].encoded(as: format, mark: PictureMark(inputPath: [47]))
    for count in 0..<PictureMark.reach { _ = PictureMark(startOfPicture: Array(bytes.prefix(count))) }
    for index in 0..<PictureMark.reach where index < bytes.count {
      for bit in 0..<8 {
        var flipped = Array(bytes.prefix(PictureMark.reach))
        flipped[index] ^= 1 << bit
        _ = PictureMark(startOfPicture: flipped)
      }
    }
  }
}
