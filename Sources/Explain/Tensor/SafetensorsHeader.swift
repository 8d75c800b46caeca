/// A tensor as the header declares it, before anything about it is believed.
struct DeclaredTensor {
  var name: String
  var dtype: String
  var shape: [Int]
  var begin, end: Int
}

/// What a header says, before anything about it is believed.
struct SafetensorsHeader {
  var tensors: [DeclaredTensor]
  var metadata: [String: String]
  /// Bytes of the header that hold the checksum of the file; nil without one.
  var checksumPlace: Range<Int>?
}

/// Parser of the small part of JSON that a safetensors header may use.
///
/// A general JSON decoder would keep the last of two equal keys without a word; here they are refused, as the format's
/// specification asks. The grammar has a fixed depth, so hostile nesting cannot exhaust the stack.
struct SafetensorsHeaderParser {
  private let bytes: UnsafeRawBufferPointer
  private var offset = 0
  /// Where the checksum's digits lie, between their quotes.
  private var checksumPlace: Range<Int>?

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// Parses the whole header: one object, then nothing but spaces.
  mutating func parse() throws(SafetensorsError) -> SafetensorsHeader {
    var tensors: [DeclaredTensor] = []
    var metadata: [String: String] = [:]
    var seen: Set<String> = []
    guard bytes.first == UInt8(ascii: "{") else { throw malformed("{") }
    var more = try openObject()
    while more {
      let name = try key()
      guard seen.insert(name).inserted else { throw .duplicateName(name) }
      if name == "__metadata__" {
        metadata = try parseMetadata()
      } else {
        tensors.append(try parseTensor(name))
      }
      more = try closesOrContinues("}")
    }
    skipSpaces()
    guard offset == bytes.count else { throw malformed("the end of the header") }
    return SafetensorsHeader(tensors: tensors, metadata: metadata, checksumPlace: checksumPlace)
  }

  private mutating func parseMetadata() throws(SafetensorsError) -> [String: String] {
    var metadata: [String: String] = [:]
    var more = try openObject()
    while more {
      let name = try key()
      guard metadata[name] == nil else { throw .duplicateKey(tensor: "__metadata__", key: name) }
      skipSpaces()
      let start = offset
      metadata[name] = try string()
      if name == SafetensorsChecksum.key { checksumPlace = start + 1..<offset - 1 }
      more = try closesOrContinues("}")
    }
    return metadata
  }

  private mutating func parseTensor(_ name: String) throws(SafetensorsError) -> DeclaredTensor {
    var dtype: String?
    var shape: [Int]?
    var range: [Int]?
    var more = try openObject()
    while more {
      let key = try key()
      switch key {
      case "dtype":
        guard dtype == nil else { throw .duplicateKey(tensor: name, key: key) }
        dtype = try string()
      case "shape":
        guard shape == nil else { throw .duplicateKey(tensor: name, key: key) }
        shape = try integers()
      case "data_offsets":
        guard range == nil else { throw .duplicateKey(tensor: name, key: key) }
        let start = offset
        range = try integers()
        guard range?.count == 2 else { throw .malformedHeader(offset: start, expected: "two offsets") }
      default:
        throw .unknownKey(tensor: name, key: key)
      }
      more = try closesOrContinues("}")
    }
    guard let dtype else { throw .missingKey(tensor: name, key: "dtype") }
    guard let shape else { throw .missingKey(tensor: name, key: "shape") }
    guard let range else { throw .missingKey(tensor: name, key: "data_offsets") }
    return DeclaredTensor(name: name, dtype: dtype, shape: shape, begin: range[0], end: range[1])
  }
}

extension SafetensorsHeaderParser {
  private func malformed(_ expected: String) -> SafetensorsError {
    .malformedHeader(offset: offset, expected: expected)
  }

  private mutating func skipSpaces() {
    while offset < bytes.count {
      switch bytes[offset] {
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"): offset += 1
      default: return
      }
    }
  }

  private mutating func accepts(_ character: Unicode.Scalar) -> Bool {
    skipSpaces()
    guard offset < bytes.count, bytes[offset] == UInt8(ascii: character) else { return false }
    offset += 1
    return true
  }

  private mutating func expect(_ character: Unicode.Scalar) throws(SafetensorsError) {
    guard accepts(character) else { throw malformed(String(character)) }
  }

  /// Consumes `{`; false if `}` follows at once.
  private mutating func openObject() throws(SafetensorsError) -> Bool {
    try expect("{")
    return !accepts("}")
  }

  /// Consumes a comma (true) or `close` (false).
  private mutating func closesOrContinues(_ close: Unicode.Scalar) throws(SafetensorsError) -> Bool {
    if accepts(",") { return true }
    guard accepts(close) else { throw malformed(", or \(close)") }
    return false
  }

  private mutating func key() throws(SafetensorsError) -> String {
    let key = try string()
    try expect(":")
    return key
  }

  /// An array of integers that are not negative.
  private mutating func integers() throws(SafetensorsError) -> [Int] {
    try expect("[")
    guard !accepts("]") else { return [] }
    var values: [Int] = []
    repeat { values.append(try integer()) } while try closesOrContinues("]")
    return values
  }

  private mutating func integer() throws(SafetensorsError) -> Int {
    skipSpaces()
    let start = offset
    var value = 0
    while offset < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[offset]) {
      let (product, tooLarge) = value.multipliedReportingOverflow(by: 10)
      let (sum, stillTooLarge) = product.addingReportingOverflow(Int(bytes[offset] - UInt8(ascii: "0")))
      guard !tooLarge && !stillTooLarge else { throw .malformedHeader(offset: start, expected: "a smaller number") }
      value = sum
      offset += 1
    }
    let hasLeadingZero = offset > start + 1 && bytes[start] == UInt8(ascii: "0")
    guard offset > start && !hasLeadingZero else {
      throw .malformedHeader(offset: start, expected: "a whole number that is not negative")
    }
    return value
  }

  private mutating func string() throws(SafetensorsError) -> String {
    try expect("\"")
    let start = offset
    var utf8: [UInt8] = []
    while true {
      let chunk = offset
      while offset < bytes.count, Self.isPlain(bytes[offset]) { offset += 1 }
      utf8.append(contentsOf: bytes[chunk..<offset])
      guard offset < bytes.count else { throw malformed("\"") }
      let byte = bytes[offset]
      guard byte >= 0x20 else { throw malformed("no control character in a string") }
      offset += 1
      if byte == UInt8(ascii: "\"") { break }
      try escape(into: &utf8)
    }
    guard let string = String(validating: utf8, as: UTF8.self) else {
      throw .malformedHeader(offset: start, expected: "UTF-8")
    }
    return string
  }

  /// Whether a byte of a string stands for itself.
  private static func isPlain(_ byte: UInt8) -> Bool {
    byte >= 0x20 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
  }

  /// Appends what an escape sequence, whose backslash has been read, stands for.
  private mutating func escape(into utf8: inout [UInt8]) throws(SafetensorsError) {
    guard offset < bytes.count else { throw malformed("an escape sequence") }
    let byte = bytes[offset]
    offset += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): utf8.append(byte)
    case UInt8(ascii: "b"): utf8.append(0x08)
    case UInt8(ascii: "f"): utf8.append(0x0C)
    case UInt8(ascii: "n"): utf8.append(0x0A)
    case UInt8(ascii: "r"): utf8.append(0x0D)
    case UInt8(ascii: "t"): utf8.append(0x09)
    case UInt8(ascii: "u"): utf8 += try unicodeEscape()
    default:
      offset -= 1
      throw malformed("an escape sequence")
    }
  }

  private mutating func unicodeEscape() throws(SafetensorsError) -> [UInt8] {
    let start = offset
    var units = [try hexadecimalUnit()]
    if UTF16.isLeadSurrogate(units[0]), offset + 1 < bytes.count,
      bytes[offset] == UInt8(ascii: "\\"), bytes[offset + 1] == UInt8(ascii: "u")
    {
      offset += 2
      units.append(try hexadecimalUnit())
    }
    guard let text = String(validating: units, as: UTF16.self) else {
      throw .malformedHeader(offset: start, expected: "a Unicode character")
    }
    return Array(text.utf8)
  }

  private mutating func hexadecimalUnit() throws(SafetensorsError) -> UInt16 {
    guard offset + 4 <= bytes.count else { throw malformed("four hexadecimal digits") }
    var unit: UInt16 = 0
    for byte in bytes[offset..<offset + 4] {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw malformed("four hexadecimal digits")
      }
      unit = unit << 4 | UInt16(digit)
    }
    offset += 4
    return unit
  }
}
