/// The header of a binary PGM (P5) or PPM (P6).
///
/// Kind, width, height and largest value, between white space and comments that run from `#` to the end of their line;
/// one byte of white space separates it from the samples.
struct PNMHeader {
  let channels, width, height, maximum: Int
  /// The number of bytes in front of the samples.
  let length: Int

  /// The number of bytes of one sample; two are big-endian.
  var sampleBytes: Int { maximum > 255 ? 2 : 1 }
  /// The number of bytes of header and samples.
  var fileLength: Int { length + width * height * channels * sampleBytes }

  /// No sensible header is longer, comments included.
  static let maximumLength = 4096

  /// Reads a header and checks its size, or answers nil when `bytes` end before it does.
  init?(_ bytes: Span<UInt8>, limits: ImageLimits) throws(ImageError) {
    guard bytes.count >= 2 else { return nil }
    guard bytes.holds("P5".utf8) || bytes.holds("P6".utf8) else { throw .unrecognized }
    channels = bytes[1] == UInt8(ascii: "5") ? 1 : 3

    var scanner = NumberScanner()
    let start = bytes.extracting(first: Self.maximumLength)
    guard let width = try scanner.next(start), let height = try scanner.next(start) else {
      if bytes.count >= Self.maximumLength { throw .pnmHeaderTooLong(limit: Self.maximumLength) }
      return nil
    }
    try limits.check(.pnm, width: width, height: height)
    guard let maximum = try scanner.next(start) else {
      if bytes.count >= Self.maximumLength { throw .pnmHeaderTooLong(limit: Self.maximumLength) }
      return nil
    }
    guard (1...65535).contains(maximum) else { throw .pnmMaximum(found: maximum) }
    (self.width, self.height, self.maximum) = (width, height, maximum)
    length = scanner.position + 1
  }
}

/// Reads the decimal numbers of a PNM header, one after another.
private struct NumberScanner {
  /// Behind the last digit that was read; at first behind the kind.
  private(set) var position = 2

  /// The next number, or nil when the bytes end before the white space behind it.
  mutating func next(_ bytes: Span<UInt8>) throws(ImageError) -> Int? {
    var index = position
    var inComment = false
    while index < bytes.count, inComment || isSpace(bytes[index]) || bytes[index] == UInt8(ascii: "#") {
      if bytes[index] == UInt8(ascii: "#") { inComment = true }
      if bytes[index] == UInt8(ascii: "\n") || bytes[index] == UInt8(ascii: "\r") { inComment = false }
      index += 1
    }
    let start = index
    var value = 0
    while index < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[index]) {
      // Beyond any limit a value need not be exact, only free of overflow.
      value = min(value * 10 + Int(bytes[index] - UInt8(ascii: "0")), 1 << 40)
      index += 1
    }
    guard index < bytes.count else { return nil }
    guard index > start, start > position, isSpace(bytes[index]) || bytes[index] == UInt8(ascii: "#") else {
      throw .pnmHeader(found: bytes[start == position ? start : index])
    }
    position = index
    return value
  }
}

/// The white space of PNM headers: blank, tab, line feed, vertical tab, form feed, carriage return.
func isSpace(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }
