/// Finds the next picture in bytes that belong to none.
///
/// - PNG: its signature of eight bytes.
/// - JPEG: SOI, the marker of a segment that pictures begin with, and another marker where the segment ends. Compressed data
///   of other kinds hold such bytes once in 30 gigabytes.
/// - PNM: two letters are no sign in the midst of other data. The header of the last PNM of the stream is: the frames of a
///   film have one size.
struct PictureStart {
  /// The header of the last PNM.
  private var header: [UInt8] = []

  private enum Finding {
    case nothing, something
    /// The bytes end before it is certain.
    case unknown
  }

  /// Keeps the header of a PNM that `bytes` begin with.
  mutating func remember(_ header: PNMHeader, in bytes: Span<UInt8>) {
    guard self.header.count != header.length || !bytes.holds(self.header) else { return }
    self.header = bytes.extracting(first: header.length).withUnsafeBufferPointer { Array($0) }
  }

  /// The offset of the first picture, or of what more bytes may prove to be one; the number of bytes where neither is there.
  ///
  /// - Parameter end: where to stop, if before that.
  func search(_ bytes: Span<UInt8>, before end: Int = .max) -> (offset: Int, isCertain: Bool) {
    let end = min(end, bytes.count)
    var offset = 0
    while offset < end {
      switch finding(bytes, at: offset) {
      case .nothing: offset += 1
      case .something: return (offset, true)
      case .unknown: return (offset, false)
      }
    }
    return (offset, false)
  }

  @inline(__always)
  private func finding(_ bytes: Span<UInt8>, at offset: Int) -> Finding {
    switch bytes[offset] {
    case 0x89: match(ImageFormat.pngSignature, bytes, at: offset)
    case 0xFF: jpeg(bytes, at: offset)
    case UInt8(ascii: "P"): header.isEmpty ? .nothing : match(header, bytes, at: offset)
    default: .nothing
    }
  }

  private func match(_ pattern: [UInt8], _ bytes: Span<UInt8>, at offset: Int) -> Finding {
    guard bytes.holds(pattern, at: offset) else { return .nothing }
    return bytes.count >= offset + pattern.count ? .something : .unknown
  }

  private func jpeg(_ bytes: Span<UInt8>, at offset: Int) -> Finding {
    guard bytes.holds([0xFF, 0xD8, 0xFF], at: offset) else { return .nothing }
    guard bytes.count > offset + 3 else { return .unknown }
    switch bytes[offset + 3] {
    case 0xC0...0xC7, 0xC9...0xCF, 0xDB, 0xDD, 0xE0...0xEF, 0xFE: break
    default: return .nothing
    }
    guard bytes.count > offset + 5 else { return .unknown }
    let length = bigEndian16(bytes, at: offset + 4)
    guard length >= 2 else { return .nothing }
    let end = offset + 4 + length
    guard bytes.count > end else { return .unknown }
    return bytes[end] == 0xFF ? .something : .nothing
  }
}
