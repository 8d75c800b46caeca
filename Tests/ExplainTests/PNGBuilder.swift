/// Writes small PNGs of any kind, sound or damaged; the samples are stored, not compressed.
struct PNGBuilder {
  var width: Int
  var height: Int
  var depth: Int
  /// 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGB and alpha.
  var colorType: Int
  var interlaced = false
  var palette: [UInt8] = []
  var transparency: [UInt8] = []
  /// Chunks in front of the pixels.
  var extraChunks: [(name: String, data: [UInt8])] = []
  /// `width * height * channels` samples.
  var samples: [Int]

  var channels: Int { [0: 1, 2: 3, 3: 1, 4: 2, 6: 4][colorType]! }

  /// Signature and IHDR alone.
  func header() -> [UInt8] {
    let header = be32(width) + be32(height) + [UInt8(depth), UInt8(colorType), 0, 0, interlaced ? 1 : 0]
    return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + Self.chunk("IHDR", header)
  }

  func encoded() -> [UInt8] {
    var file = header()
    for extra in extraChunks { file += Self.chunk(extra.name, extra.data) }
    if !palette.isEmpty { file += Self.chunk("PLTE", palette) }
    if !transparency.isEmpty { file += Self.chunk("tRNS", transparency) }
    return file + Self.chunk("IDAT", Self.stored(rows())) + Self.chunk("IEND", [])
  }

  /// All rows in file order, each behind its filter type 0.
  private func rows() -> [UInt8] {
    // Adam7: first column, first row, column step, row step of each pass.
    let passes =
      interlaced
      ? [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
      : [(0, 0, 1, 1)]
    var bytes: [UInt8] = []
    for (firstColumn, firstRow, columnStep, rowStep) in passes where firstColumn < width {
      for y in stride(from: firstRow, to: height, by: rowStep) {
        var row: [Int] = []
        for x in stride(from: firstColumn, to: width, by: columnStep) {
          let start = (y * width + x) * channels
          row += samples[start..<(start + channels)]
        }
        bytes += [0] + packed(row)
      }
    }
    return bytes
  }

  private func packed(_ row: [Int]) -> [UInt8] {
    if depth == 16 { return row.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] } }
    var bytes = [UInt8](repeating: 0, count: (row.count * depth + 7) / 8)
    for (index, sample) in row.enumerated() {
      let bit = index * depth
      bytes[bit / 8] |= UInt8(sample << (8 - depth - bit % 8))
    }
    return bytes
  }

  static func chunk(_ name: String, _ data: [UInt8]) -> [UInt8] {
    let body = Array(name.utf8) + data
    return be32(data.count) + body + be32(Int(crc32(body)))
  }

  /// A zlib stream of one stored block.
  static func stored(_ bytes: [UInt8]) -> [UInt8] {
    precondition(bytes.count < 65536)
    let length = [UInt8(bytes.count & 255), UInt8(bytes.count >> 8)]
    var (a, b) = (1, 0)
    for byte in bytes {
      a = (a + Int(byte)) % 65521
      b = (b + a) % 65521
    }
    return [0x78, 0x01, 0x01] + length + length.map { ~$0 } + bytes + be32(b << 16 | a)
  }
}

func be32(_ value: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) } }

/// The CRC of ISO 3309, as PNG chunks carry it.
func crc32(_ bytes: [UInt8]) -> UInt32 {
  var crc = ~UInt32(0)
  for byte in bytes {
    crc ^= UInt32(byte)
    for _ in 0..<8 { crc = crc & 1 == 0 ? crc >> 1 : (crc >> 1) ^ 0xEDB8_8320 }
  }
  return ~crc
}
