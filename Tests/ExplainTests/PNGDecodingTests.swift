import Explain
import Testing

@Suite struct PNGDecodingTests {
  static let kinds = [
    (0, 1), (0, 2), (0, 4), (0, 8), (0, 16), (2, 8), (2, 16), (3, 1), (3, 2), (3, 4), (3, 8), (4, 8), (4, 16), (6, 8),
    (6, 16),
  ]

  /// Random samples of one kind; sides that are no multiple of Adam7's 8 or of a byte's pixels.
  private func builder(_ kind: (Int, Int), interlaced: Bool, width: Int = 11, height: Int = 13) -> PNGBuilder {
    let (colorType, depth) = kind
    var builder = PNGBuilder(
      width: width, height: height, depth: depth, colorType: colorType, interlaced: interlaced, samples: [])
    let random = noise(2 * width * height * builder.channels, seed: colorType + 16 * depth).map(Int.init)
    let largest = 1 << depth - 1
    for i in 0..<random.count / 2 {
      let pair = random[2 * i] << 8 | random[2 * i + 1]
      builder.samples.append(pair & largest)
    }
    if colorType == 3 { builder.palette = noise(3 << depth) }
    return builder
  }

  /// Over white, rounded: 255 - alpha + alpha * colour / 255.
  private func overWhite(_ colour: Int, _ alpha: Int) -> UInt8 {
    UInt8((Double(colour * alpha + 255 * (255 - alpha)) / 255).rounded())
  }

  /// The specification: what each pixel of a PNG without tRNS should look like.
  private func expected(_ png: PNGBuilder) -> [UInt8] {
    let levels = png.samples.map { png.depth == 16 ? $0 >> 8 : $0 * 255 / (1 << png.depth - 1) }
    return (0..<(png.width * png.height)).flatMap { pixel -> [UInt8] in
      let sample = Array(levels[(pixel * png.channels)...].prefix(png.channels))
      switch png.colorType {
      case 0: return Array(repeating: UInt8(sample[0]), count: 3)
      case 3: return Array(png.palette[(3 * png.samples[pixel])...].prefix(3))
      case 4: return Array(repeating: overWhite(sample[0], sample[1]), count: 3)
      case 6: return sample.prefix(3).map { overWhite($0, sample[3]) }
      default: return sample.map(UInt8.init)
      }
    }
  }

  @Test(arguments: kinds, [false, true])
  func everyColourTypeAndDepth(kind: (Int, Int), interlaced: Bool) throws {
    let png = builder(kind, interlaced: interlaced)
    let image = try Image(decoding: png.encoded())
    #expect(image.width == 11 && image.height == 13)
    let (count, largest) = difference(image.pixels, expected(png))
    // Alpha of 16 bits is composited before the low byte goes: one level at most.
    #expect(largest <= (kind == (4, 16) || kind == (6, 16) ? 1 : 0), "\(count) samples differ by up to \(largest)")
  }

  @Test(arguments: [(1, 1), (1, 9), (9, 1), (2, 3), (4, 5), (8, 8), (5, 1)])
  func interlacedWithEmptyPasses(size: (Int, Int)) throws {
    let png = builder((2, 8), interlaced: true, width: size.0, height: size.1)
    #expect(try Image(decoding: png.encoded()).pixels == expected(png))
  }

  @Test func transparentPaletteEntries() throws {
    let png = PNGBuilder(
      width: 4, height: 1, depth: 2, colorType: 3, palette: [10, 20, 30, 40, 50, 60, 70, 80, 90, 0, 0, 0],
      transparency: [0, 128], samples: [0, 1, 2, 3])
    #expect(try Image(decoding: png.encoded()).pixels == [255, 255, 255, 147, 152, 157, 70, 80, 90, 0, 0, 0])
  }

  @Test func transparentGrey() throws {
    let png = PNGBuilder(width: 3, height: 1, depth: 4, colorType: 0, transparency: [0, 7], samples: [0, 7, 8])
    #expect(try Image(decoding: png.encoded()).pixels == [0, 0, 0, 255, 255, 255, 136, 136, 136])
  }

  @Test func transparentColourOf16BitsComparesAllBits() throws {
    let png = PNGBuilder(
      width: 2, height: 1, depth: 16, colorType: 2, transparency: [1, 2, 3, 4, 5, 6],
      samples: [0x0102, 0x0304, 0x0506, 0x0102, 0x0304, 0x0507])
    #expect(try Image(decoding: png.encoded()).pixels == [255, 255, 255, 1, 3, 5])
  }

  @Test func colourChunksAreIgnored() throws {
    var png = builder((2, 8), interlaced: false)
    png.extraChunks = [
      ("gAMA", be32(220_000)), ("sBIT", [5, 5, 5]), ("iCCP", Array("damaged profile".utf8)), ("tEXt", noise(3000)),
      ("prVt", noise(100)),
    ]
    #expect(try Image(decoding: png.encoded()).pixels == expected(png))
  }

  @Test func bytesBehindTheEndAreNotLookedAt() throws {
    let png = builder((2, 8), interlaced: false)
    #expect(try Image(decoding: png.encoded() + [1, 2, 3]).pixels == expected(png))
  }
}

@Suite struct PNGErrorTests {
  private let sound = PNGBuilder(width: 3, height: 2, depth: 8, colorType: 2, samples: Array(0..<18))

  @Test func everyTruncation() {
    let bytes = sound.encoded()
    #expect(decodingError([]) == .empty)
    for length in 1..<8 { #expect(decodingError(Array(bytes.prefix(length))) == .unrecognized) }
    for length in 8..<bytes.count { #expect(decodingError(Array(bytes.prefix(length))) == .truncated(.png)) }
    #expect(decodingError(bytes) == nil)
  }

  @Test(arguments: ["IDAT", "IEND", "tEXt", "PLTE"])
  func checksums(chunk: String) {
    var png = sound
    png.extraChunks = [("tEXt", [65, 0, 66])]
    png.palette = [1, 2, 3]
    var bytes = png.encoded()
    let at = (0..<bytes.count).first { bytes[$0...].starts(with: chunk.utf8) }!
    let length = Int(bytes[at - 1])
    bytes[at + 4 + length] ^= 1
    #expect(decodingError(bytes) == .checksum(chunk: chunk))
    #expect(ImageError.checksum(chunk: chunk).description == "PNG chunk \(chunk) fails its checksum")
  }

  /// Found by fuzzing: libpng leaves the rest of the file unread once it has met an IEND.
  @Test func anEndHasNoData() {
    let bytes = sound.encoded().dropLast(12) + PNGBuilder.chunk("IEND", [7])
    #expect(decodingError(Array(bytes)) == .png(chunk: "IEND", reason: "has data"))
  }

  @Test func everyDamagedByte() throws {
    let bytes = try Fixture.bytes("images/jpeg-420.png")
    for at in 33..<(bytes.count - 12) {
      var damaged = bytes
      damaged[at] ^= 0x10
      let error = decodingError(damaged)
      // A length that is damaged moves the end of its chunk, perhaps beyond the end of the file.
      #expect(error == .checksum(chunk: "IDAT") || at < 41, "byte \(at): \(error as Any)")
      #expect(error != nil)
    }
  }

  @Test func sizes() {
    func error(_ width: Int, _ height: Int) -> ImageError? {
      decodingError(PNGBuilder(width: width, height: height, depth: 8, colorType: 0, samples: []).header())
    }
    #expect(error(0, 5) == .emptyPicture(.png, width: 0, height: 5))
    #expect(error(20000, 10) == .sideTooLong(width: 20000, height: 10, limit: 16384))
    #expect(error(10, 16385) == .sideTooLong(width: 10, height: 16385, limit: 16384))
    #expect(error(8193, 8192) == .tooManyPixels(width: 8193, height: 8192, limit: 67_108_864))
    #expect(error(4_294_967_295, 4_294_967_295)?.description.contains("at most 16384 a side") == true)
    #expect(error(8192, 8192) == .truncated(.png))
    #expect(
      ImageError.sideTooLong(width: 20000, height: 10, limit: 16384).description
        == "image is 20000 x 10 pixels; at most 16384 a side")
  }

  @Test func limitsOfTheCaller() {
    let limits = ImageLimits(pixels: 5, side: 3)
    #expect(decodingError(sound.encoded(), limits: limits) == .tooManyPixels(width: 3, height: 2, limit: 5))
  }

  @Test func noHeader() {
    let bytes = Array(sound.encoded().prefix(8)) + PNGBuilder.chunk("IDAT", noise(20))
    #expect(decodingError(bytes) == .png(chunk: nil, reason: "does not begin with a chunk IHDR"))
  }

  @Test func impossibleHeader() {
    var png = sound
    png.depth = 3
    png.samples = []
    #expect(decodingError(png.header()) == .png(chunk: nil, reason: "Invalid IHDR data"))
  }

  @Test func damagedPixels() {
    let start = sound.header()
    func error(_ data: [UInt8]) -> ImageError? {
      decodingError(start + PNGBuilder.chunk("IDAT", data) + PNGBuilder.chunk("IEND", []))
    }
    #expect(error([1, 2, 3, 4]) == .png(chunk: "IDAT", reason: "incorrect header check"))
    #expect(error(PNGBuilder.stored([0, 1, 2])) != nil)
    #expect(error([]) != nil)
    #expect(decodingError(start + PNGBuilder.chunk("IEND", [])) != nil)
  }

  @Test func unknownCriticalChunk() {
    var png = sound
    png.extraChunks = [("ABCD", [1])]
    #expect(decodingError(png.encoded()) == .png(chunk: "ABCD", reason: "unhandled critical chunk"))
  }
}
