/// The header of a PNM: a bitmap (P1, P4), a greymap (P2, P5) or a pixmap (P3, P6), plain or binary, or a PAM (P7).
///
/// Of P1 to P6: kind, width, height and, but for bitmaps, the largest value, between white space and comments; one byte of
/// white space separates them from binary samples. As in netpbm a comment runs from `#`, also in the midst of a word, up to
/// the end of its line, CR or LF, which then is the white space.
struct PNMHeader {
  /// How samples are stored.
  enum Coding {
    /// Decimal numbers.
    case plain
    /// One bit each, rows in whole bytes.
    case bits
    /// One byte each, or two with the high one first.
    case bytes
  }

  let coding: Coding
  /// Samples of a pixel, one of transparency included.
  let channels: Int
  let width, height, maximum: Int
  let hasAlpha: Bool
  /// Whether 0 is white: bitmaps of P1 and P4.
  let isInverted: Bool
  /// The number of bytes in front of the samples.
  let length: Int

  /// The number of bytes of one sample.
  var sampleBytes: Int { maximum > 255 ? 2 : 1 }
  var samples: Int { width * height * channels }

  /// The number of bytes of header and samples; nil for plain ones.
  var fileLength: Int? {
    switch coding {
    case .plain: nil
    case .bits: length + (width + 7) / 8 * height
    case .bytes: length + samples * sampleBytes
    }
  }

  /// No sensible header is longer, comments included.
  static let maximumLength = 4096

  /// Reads a header and checks its size, or answers nil when `bytes` end before it does.
  init?(_ bytes: Span<UInt8>, limits: ImageLimits) throws(ImageError) {
    guard bytes.count >= 2 else { return nil }
    guard bytes[0] == UInt8(ascii: "P"), (UInt8(ascii: "1")...UInt8(ascii: "7")).contains(bytes[1]) else {
      throw .unrecognized
    }
    let kind = Int(bytes[1] - UInt8(ascii: "0"))
    let start = bytes.extracting(first: Self.maximumLength)
    let isLong = bytes.count >= Self.maximumLength
    if kind == 7 {
      guard let header = try PAMHeader(start, limits: limits) else {
        if isLong { throw .pnmHeaderTooLong(limit: Self.maximumLength) }
        return nil
      }
      (coding, channels, hasAlpha, isInverted) = (.bytes, header.channels, header.hasAlpha, false)
      (width, height, maximum, length) = (header.width, header.height, header.maximum, header.length)
      return
    }
    let isBitmap = kind == 1 || kind == 4
    var scanner = NumberScanner()
    guard let width = try scanner.next(start), let height = try scanner.next(start) else {
      if isLong { throw .pnmHeaderTooLong(limit: Self.maximumLength) }
      return nil
    }
    try limits.check(.pnm, width: width, height: height)
    guard let maximum = isBitmap ? 1 : try scanner.next(start), let length = scanner.end(start) else {
      if isLong { throw .pnmHeaderTooLong(limit: Self.maximumLength) }
      return nil
    }
    guard (1...65535).contains(maximum) else { throw .pnmMaximum(found: maximum) }
    coding = kind < 4 ? .plain : isBitmap ? .bits : .bytes
    channels = kind == 3 || kind == 6 ? 3 : 1
    (hasAlpha, isInverted) = (false, isBitmap)
    (self.width, self.height, self.maximum, self.length) = (width, height, maximum, length)
  }
}

/// Reads the decimal numbers of a PNM header, one after another.
private struct NumberScanner {
  /// Behind the last digit that was read; at first behind the kind.
  private var position = 2

  /// The next number, or nil when the bytes end before the white space behind it.
  mutating func next(_ bytes: Span<UInt8>) throws(ImageError) -> Int? {
    var index = position
    var inComment = false
    while index < bytes.count, inComment || isSpace(bytes[index]) || bytes[index] == UInt8(ascii: "#") {
      if bytes[index] == UInt8(ascii: "#") { inComment = true }
      if isLineEnd(bytes[index]) { inComment = false }
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

  /// Where the samples begin: behind one byte of white space, or the comment that stands for it; nil when the bytes end before.
  func end(_ bytes: Span<UInt8>) -> Int? {
    guard bytes[position] == UInt8(ascii: "#") else { return position + 1 }
    return (position..<bytes.count).first { isLineEnd(bytes[$0]) }.map { $0 + 1 }
  }
}

/// The white space of PNM headers: blank, tab, line feed, vertical tab, form feed, carriage return.
func isSpace(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }

/// What ends a comment.
func isLineEnd(_ byte: UInt8) -> Bool { byte == 10 || byte == 13 }
