/// A position in the protobuf wire format, and the end of the message, which no value may cross.
///
/// Source: <https://protobuf.dev/programming-guides/encoding/>.
struct WireCursor {
  /// The whole file. The memory must outlive the cursor.
  let bytes: UnsafeRawBufferPointer
  private(set) var position: Int
  private(set) var end: Int

  /// - Precondition: the range lies in the bytes.
  init(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count)
    self.bytes = bytes
    (position, end) = (range.lowerBound, range.upperBound)
  }

  var isAtEnd: Bool { position == end }

  /// Reads the tag of a field.
  mutating func field() throws(ONNXError) -> WireField {
    let start = position
    let tag = try varint()
    guard let key = UInt32(exactly: tag), key >> 3 > 0 else { throw .badField(offset: start) }
    guard let type = WireType(rawValue: UInt8(key & 7)) else {
      throw .unsupportedWireType(offset: start, type: Int(key & 7))
    }
    return WireField(number: Int(key >> 3), type: type, start: start)
  }

  /// Reads a number of seven bits a byte, low bits first.
  mutating func varint() throws(ONNXError) -> UInt64 {
    let start = position
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), through: 63, by: 7) {
      guard position < end else {
        throw .truncated(offset: start, needed: UInt64(position - start + 1), left: end - start)
      }
      let byte = bytes[position]
      position += 1
      // Only one bit of a tenth byte fits.
      guard shift < 63 || byte < 2 else { break }
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    throw .badNumber(offset: start)
  }

  mutating func fixed32() throws(ONNXError) -> UInt32 {
    UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: try advance(4), as: UInt32.self))
  }

  mutating func fixed64() throws(ONNXError) -> UInt64 {
    UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: try advance(8), as: UInt64.self))
  }

  /// Reads a length, skips as many bytes and returns their range.
  mutating func delimited() throws(ONNXError) -> Range<Int> {
    let start = position
    let length = try varint()
    guard length <= end - position else { throw .truncated(offset: start, needed: length, left: end - position) }
    let first = position
    position += Int(length)
    return first..<position
  }

  mutating func skip(_ type: WireType) throws(ONNXError) {
    switch type {
    case .varint: _ = try varint()
    case .fixed64: _ = try fixed64()
    case .bytes: _ = try delimited()
    case .fixed32: _ = try fixed32()
    }
  }

  /// Continues inside a range that `delimited()` returned. Returns the end to restore with `leave(to:)`.
  mutating func enter(_ range: Range<Int>) -> Int {
    let outer = end
    (position, end) = (range.lowerBound, range.upperBound)
    return outer
  }

  /// Continues after an entered range, from its end.
  mutating func leave(to outer: Int) { end = outer }

  /// Skips bytes and returns the offset of the first.
  private mutating func advance(_ count: Int) throws(ONNXError) -> Int {
    let start = position
    guard count <= end - start else { throw .truncated(offset: start, needed: UInt64(count), left: end - start) }
    position += count
    return start
  }
}
