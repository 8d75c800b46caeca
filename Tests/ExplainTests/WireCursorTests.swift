import Testing

@testable import Explain

@Suite struct WireCursorTests {
  private func read<Result>(
    _ bytes: [UInt8], _ body: (inout WireCursor) throws(ONNXError) -> Result
  ) throws(ONNXError) -> Result {
    let file = MappedFile(copying: bytes)
    var cursor = WireCursor(file.bytes, file.bytes.indices)
    defer { withExtendedLifetime(file) {} }
    return try body(&cursor)
  }

  @Test func numbersUpTo64Bits() throws {
    for number in [0, 1, 127, 128, 300, 1 << 35, UInt64(Int64.max), .max] {
      #expect(try read(ONNXBytes.varint(number)) { cursor throws(ONNXError) in try cursor.varint() } == number)
    }
    // Longer than it need be.
    #expect(try read([0x81, 0x80, 0]) { cursor throws(ONNXError) in try cursor.varint() } == 1)
  }

  @Test func longerNumbersAreRefused() {
    let ones = [UInt8](repeating: 0xFF, count: 9)
    for last in [[2], [0x81, 0], [0xFF, 1]] as [[UInt8]] {
      #expect(throws: ONNXError.badNumber(offset: 0)) {
        try read(ones + last) { cursor throws(ONNXError) in try cursor.varint() }
      }
    }
    #expect(throws: ONNXError.truncated(offset: 0, needed: 10, left: 9)) {
      try read(ones) { cursor throws(ONNXError) in try cursor.varint() }
    }
  }

  @Test func fieldsOfNoMessageAreRefused() {
    func field(_ bytes: [UInt8]) throws(ONNXError) -> WireField {
      try read(bytes) { cursor throws(ONNXError) in try cursor.field() }
    }
    #expect(try! field([0xA2, 6]) == WireField(number: 100, type: .bytes, start: 0))
    #expect(throws: ONNXError.badField(offset: 0)) { try field([2]) }
    #expect(throws: ONNXError.badField(offset: 0)) { try field(ONNXBytes.varint(1 << 32)) }
    for type in [3, 4, 6, 7] as [UInt8] {
      #expect(throws: ONNXError.unsupportedWireType(offset: 0, type: Int(type))) { try field([8 | type]) }
    }
  }

  @Test func nothingCrossesTheEnd() {
    let lengths: [UInt64] = [3, 127, 1 << 31, 1 << 62, UInt64(Int64.max), .max]
    for length in lengths {
      #expect(throws: ONNXError.truncated(offset: 0, needed: length, left: 2)) {
        try read(ONNXBytes.varint(length) + [1, 2]) { cursor throws(ONNXError) in try cursor.delimited() }
      }
    }
    #expect(throws: ONNXError.truncated(offset: 0, needed: 4, left: 3)) {
      try read([1, 2, 3]) { cursor throws(ONNXError) in try cursor.fixed32() }
    }
    #expect(throws: ONNXError.truncated(offset: 0, needed: 8, left: 7)) {
      try read([1, 2, 3, 4, 5, 6, 7]) { cursor throws(ONNXError) in try cursor.fixed64() }
    }
  }
}
