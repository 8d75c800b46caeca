import Explain
import Kernels
import Testing

/// Small files that ask for much.
@Suite struct ImageBombTests {
  @Test func sizesThatNoDataBacks() {
    func error(_ width: Int, _ height: Int) -> ImageError? {
      let header = PNGBuilder(width: width, height: height, depth: 16, colorType: 6, samples: []).header()
      return decodingError(header + PNGBuilder.chunk("IDAT", PNGBuilder.stored([0])) + PNGBuilder.chunk("IEND", []))
    }
    #expect(error(65535, 65535) == .sideTooLong(width: 65535, height: 65535, limit: 16384))
    #expect(error(16384, 4097) == .tooManyPixels(width: 16384, height: 4097, limit: 67_108_864))
    #expect(error(4096, 4096) == .png(chunk: nil, reason: "Not enough image data"))
  }

  @Test func tenThousandChunks() throws {
    var png = PNGBuilder(width: 1, height: 1, depth: 8, colorType: 0, samples: [7])
    png.extraChunks = (0..<10_000).map { ("tEXt", [65, 0, UInt8($0 & 255)]) }
    #expect(try Image(decoding: png.encoded()).pixels == [7, 7, 7])
  }

  /// Compressed text and profiles that unfold a thousandfold are not unfolded.
  @Test func compressedChunksAreSkipped() throws {
    let text = [65, 0, 0] + PNGBuilder.zeros(1 << 28)
    var png = PNGBuilder(width: 1, height: 1, depth: 8, colorType: 0, samples: [7])
    png.extraChunks = (0..<20).map { _ in ("zTXt", text) } + [("iCCP", text)]
    let start = BenchmarkClock.thread.now
    #expect(try Image(decoding: png.encoded()).pixels == [7, 7, 7])
    // Unfolding 5 GB would take many seconds.
    #expect(BenchmarkClock.thread.now - start < (Emulation.isActive ? 60 : 2))
  }

  @Test func pixelsMayUnfoldAThousandfoldWithinTheLimits() throws {
    let header = PNGBuilder(width: 4096, height: 4096, depth: 8, colorType: 0, samples: []).header()
    let file = header + PNGBuilder.chunk("IDAT", PNGBuilder.zeros(4097 * 4096)) + PNGBuilder.chunk("IEND", [])
    #expect(file.count < 4097 * 4096 / 1000)
    let image = try Image(decoding: file)
    #expect(image.width == 4096 && image.height == 4096 && image.pixels.max() == 0)
  }

  @Test(arguments: [(1, 1), (1, 5000), (5000, 1), (1, 16384)])
  func extremeShapesAreCropped(_ width: Int, _ height: Int) throws {
    let png = try Image(width: width, height: height, pixels: noise(3 * width * height)).encodedPNG()
    let preprocessing = Preprocessing(
      resize: 256, crop: 224, interpolation: .bicubic, mean: [0, 0, 0], std: [1, 1, 1])
    let crop = preprocessing.crop(try Image(decoding: png)).image
    #expect(crop.width == 224 && crop.height == 224)
  }

  @Test func paletteIndicesOutOfRangeAreBlack() throws {
    let png = PNGBuilder(width: 3, height: 1, depth: 8, colorType: 3, palette: [9, 8, 7], samples: [0, 1, 255])
    #expect(try Image(decoding: png.encoded()).pixels == [9, 8, 7, 0, 0, 0, 0, 0, 0])
  }
}

extension PNGBuilder {
  /// A zlib stream of zero bytes, a thousandth as long: two bits for each run of 258 (RFC 1951, section 3.2.7).
  fileprivate static func zeros(_ count: Int) -> [UInt8] {
    var (bytes, filled): ([UInt8], Int) = ([0x78, 0x01], 8)
    func put(_ bits: String) {
      for bit in bits.utf8 {
        if filled == 8 { (filled, bytes) = (0, bytes + [0]) }
        if bit == UInt8(ascii: "1") { bytes[bytes.count - 1] |= 1 << UInt8(filled) }
        filled += 1
      }
    }
    // The last block, of dynamic codes: 286 lengths of literals and runs, 1 of distances, 18 of code lengths.
    put("1" + "01" + "10111" + "00000" + "0111")
    // Code lengths 18, 2 and 1 have codes of 1, 2 and 2 bits: 0, 11 and 10.
    put((0..<18).map { [2: "100", 15: "010", 17: "010"][$0] ?? "000" }.joined())
    // Literal 0, the end and the run of 258 have codes of 2, 2 and 1 bits: 10, 11 and 0; distance 1 has the code 0.
    put("11" + "0" + "1111111" + "0" + "0101011" + "11" + "0" + "1000100" + "10" + "10")
    put("10")
    let runs = (count - 1) / 258
    bytes.reserveCapacity(runs / 4 + 100)
    // Zero bits: fill the byte, then whole ones.
    let free = min(8 - filled, 2 * runs)
    put(String(repeating: "0", count: free))
    bytes += [UInt8](repeating: 0, count: (2 * runs - free) / 8)
    put(String(repeating: "0", count: (2 * runs - free) % 8))
    put(String(repeating: "10", count: count - 1 - 258 * runs) + "11")
    return bytes + be32((count % 65521) << 16 | 1)
  }
}
