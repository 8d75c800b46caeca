/// Finds the end of a PNM while its bytes arrive.
struct PNMScanner {
  private(set) var header: PNMHeader?
  /// Of plain ones.
  private var plain: PlainSamples?
  private var read = 0

  /// The length of the picture that `bytes` begin with, or nil when they end before it.
  ///
  /// - Parameter isAll: whether no more bytes will be added, so that the last number ends with them.
  mutating func scan(_ bytes: Span<UInt8>, limits: ImageLimits, isAll: Bool) throws(ImageError) -> Int? {
    if header == nil { header = try PNMHeader(bytes, limits: limits) }
    guard let header else { return nil }
    if let length = header.fileLength { return bytes.count >= length ? length : nil }
    var samples = plain ?? PlainSamples(header)
    defer { plain = samples }
    while read < header.samples {
      guard try samples.next(bytes, isAll: isAll) != nil else {
        // Numbers of five digits and a blank, and comments.
        let limit = ImageLimits.metadataBytes + 6 * header.samples
        if bytes.count > limit { throw .tooManyBytes(.pnm, limit: limit) }
        return nil
      }
      read += 1
    }
    return samples.position
  }
}

/// The decimal samples of a plain PNM, with comments as in its header. Those of a bitmap may follow each other without a blank.
struct PlainSamples {
  /// Behind the last sample.
  private(set) var position: Int
  private let isBitmap: Bool
  private var isInComment = false

  /// More digits are no number.
  private static let longest = 16

  init(_ header: PNMHeader) {
    position = header.length
    isBitmap = header.isInverted
  }

  /// The next sample; nil when the bytes end before it does.
  mutating func next(_ bytes: Span<UInt8>, isAll: Bool) throws(ImageError) -> Int? {
    while position < bytes.count {
      let byte = bytes[position]
      if isInComment || isSpace(byte) || byte == UInt8(ascii: "#") {
        if byte == UInt8(ascii: "#") { isInComment = true }
        if isLineEnd(byte) { isInComment = false }
        position += 1
        continue
      }
      guard let first = digit(byte), !isBitmap || first < 2 else { throw .pnmSample(found: byte) }
      if isBitmap {
        position += 1
        return first
      }
      var (value, end) = (first, position + 1)
      while end < bytes.count, let next = digit(bytes[end]) {
        value = min(value * 10 + next, 1 << 20)
        end += 1
        if end - position > Self.longest { throw .pnmSample(found: byte) }
      }
      guard end < bytes.count || isAll else { return nil }
      position = end
      return value
    }
    return nil
  }

  private func digit(_ byte: UInt8) -> Int? {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) ? Int(byte - UInt8(ascii: "0")) : nil
  }
}
