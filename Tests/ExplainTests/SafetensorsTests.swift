import Explain
import Testing

/// A file of `header`, with its true length before it, and `data`.
private func file(_ header: String, data: Int = 0, claimed: UInt64? = nil) -> [UInt8] {
  let length = claimed ?? UInt64(header.utf8.count)
  return withUnsafeBytes(of: length.littleEndian) { Array($0) } + Array(header.utf8)
    + [UInt8](repeating: 7, count: data)
}

private func tensor(_ dtype: String, _ shape: String, _ begin: String, _ end: String) -> String {
  #"{"dtype":"\#(dtype)","shape":\#(shape),"data_offsets":[\#(begin),\#(end)]}"#
}

private struct Malformed: CustomTestStringConvertible, Sendable {
  var what: String
  var bytes: [UInt8]
  var error: SafetensorsError

  init(_ what: String, _ bytes: [UInt8], _ error: SafetensorsError) {
    (self.what, self.bytes, self.error) = (what, bytes, error)
  }

  var testDescription: String { what }
}

private let a = tensor("F32", "[2]", "0", "8")

private let malformed = [
  Malformed("empty", [], .tooShort(bytes: 0)),
  Malformed("seven bytes", [1, 2, 3, 4, 5, 6, 7], .tooShort(bytes: 7)),
  Malformed("no header", file(""), .tooShort(bytes: 8)),
  Malformed("huge length", file("{}", claimed: .max), .headerTooLong(bytes: .max, limit: 100_000_000)),
  Malformed(
    "length just above the limit", file("{}", claimed: 100_000_001),
    .headerTooLong(bytes: 100_000_001, limit: 100_000_000)),
  Malformed("truncated header", file("{}", claimed: 3), .headerTruncated(bytes: 3, available: 2)),
  Malformed("length zero", file("{}", claimed: 0), .malformedHeader(offset: 0, expected: "{")),
  Malformed("an array", file("[]"), .malformedHeader(offset: 0, expected: "{")),
  Malformed("space before the object", file(" {}"), .malformedHeader(offset: 0, expected: "{")),
  Malformed("unclosed", file("{  "), .malformedHeader(offset: 3, expected: "\"")),
  Malformed("text behind", file("{} x"), .malformedHeader(offset: 3, expected: "the end of the header")),
  Malformed("no colon", file(#"{"a" 1}"#), .malformedHeader(offset: 5, expected: ":")),
  Malformed("a tensor that is a number", file(#"{"a":1}"#), .malformedHeader(offset: 5, expected: "{")),
  Malformed("trailing comma", file(#"{"a":\#(a),}"#, data: 8), .malformedHeader(offset: 54, expected: "\"")),
  Malformed("two tensors of one name", file(#"{"a":\#(a),"a":\#(a)}"#, data: 8), .duplicateName("a")),
  Malformed("metadata twice", file(#"{"__metadata__":{},"__metadata__":{}}"#), .duplicateName("__metadata__")),
  Malformed(
    "metadata key twice", file(#"{"__metadata__":{"k":"1","k":"2"}}"#),
    .duplicateKey(tensor: "__metadata__", key: "k")),
  Malformed("metadata number", file(#"{"__metadata__":{"k":1}}"#), .malformedHeader(offset: 21, expected: "\"")),
  Malformed(
    "dtype twice", file(#"{"a":{"dtype":"F32","dtype":"F32"}}"#), .duplicateKey(tensor: "a", key: "dtype")),
  Malformed("unknown key", file(#"{"a":{"strides":[1]}}"#), .unknownKey(tensor: "a", key: "strides")),
  Malformed("no dtype", file(#"{"a":{"shape":[],"data_offsets":[0,0]}}"#), .missingKey(tensor: "a", key: "dtype")),
  Malformed(
    "no shape", file(#"{"a":{"dtype":"F32","data_offsets":[0,0]}}"#), .missingKey(tensor: "a", key: "shape")),
  Malformed(
    "no offsets", file(#"{"a":{"dtype":"F32","shape":[]}}"#), .missingKey(tensor: "a", key: "data_offsets")),
  Malformed(
    "three offsets", file(#"{"a":{"data_offsets":[0,1,2]}}"#), .malformedHeader(offset: 21, expected: "two offsets")),
  Malformed(
    "unknown dtype", file(#"{"a":\#(tensor("F31", "[2]", "0", "8"))}"#, data: 8),
    .unknownDType(tensor: "a", dtype: "F31")),
  Malformed(
    "negative dimension", file(#"{"a":{"shape":[-1]}}"#),
    .malformedHeader(offset: 15, expected: "a whole number that is not negative")),
  Malformed(
    "fraction", file(#"{"a":{"shape":[1.5]}}"#), .malformedHeader(offset: 16, expected: ", or ]")),
  Malformed(
    "leading zero", file(#"{"a":{"shape":[01]}}"#),
    .malformedHeader(offset: 15, expected: "a whole number that is not negative")),
  Malformed(
    "dimension beyond Int", file(#"{"a":{"shape":[9223372036854775808]}}"#),
    .malformedHeader(offset: 15, expected: "a smaller number")),
  Malformed(
    "shape overflow", file(#"{"a":\#(tensor("F32", "[4294967296,4294967296]", "0", "8"))}"#, data: 8),
    .shapeOverflow(tensor: "a")),
  Malformed(
    "shape overflow by the element size", file(#"{"a":\#(tensor("I64", "[2305843009213693952]", "0", "0"))}"#),
    .shapeOverflow(tensor: "a")),
  Malformed(
    "reversed offsets", file(#"{"a":\#(tensor("F32", "[2]", "8", "0"))}"#, data: 8),
    .offsetsReversed(tensor: "a", begin: 8, end: 0)),
  Malformed(
    "beyond the file", file(#"{"a":\#(tensor("F32", "[3]", "0", "12"))}"#, data: 8),
    .outOfRange(tensor: "a", end: 12, available: 8)),
  Malformed(
    "far beyond the file", file(#"{"a":\#(tensor("F32", "[2]", "9223372036854775799", "9223372036854775807"))}"#),
    .outOfRange(tensor: "a", end: .max, available: 0)),
  Malformed(
    "shape smaller than the range", file(#"{"a":\#(tensor("F32", "[1]", "0", "8"))}"#, data: 8),
    .sizeMismatch(tensor: "a", expected: 4, found: 8)),
  Malformed(
    "scalar of no bytes", file(#"{"a":\#(tensor("F32", "[]", "0", "0"))}"#),
    .sizeMismatch(tensor: "a", expected: 4, found: 0)),
  Malformed(
    "overlap", file(#"{"a":\#(a),"b":\#(tensor("F32", "[2]", "4", "12"))}"#, data: 12),
    .overlap(tensor: "b", begin: 4, previousEnd: 8)),
  Malformed(
    "empty tensor inside another", file(#"{"a":\#(a),"b":\#(tensor("F32", "[0]", "4", "4"))}"#, data: 8),
    .overlap(tensor: "b", begin: 4, previousEnd: 8)),
  Malformed(
    "same range twice", file(#"{"a":\#(a),"b":\#(a)}"#, data: 8), .overlap(tensor: "b", begin: 0, previousEnd: 8)),
  Malformed(
    "hole", file(#"{"a":\#(a),"b":\#(tensor("F32", "[1]", "12", "16"))}"#, data: 16),
    .hole(tensor: "b", begin: 12, previousEnd: 8)),
  Malformed(
    "hole before the first", file(#"{"a":\#(tensor("F32", "[1]", "4", "8"))}"#, data: 8),
    .hole(tensor: "a", begin: 4, previousEnd: 0)),
  Malformed("data behind the last tensor", file(#"{"a":\#(a)}"#, data: 9), .trailingData(expected: 8, found: 9)),
  Malformed("data without tensors", file("{}", data: 1), .trailingData(expected: 0, found: 1)),
  Malformed(
    "line break in a name", file("{\"a\n\":{}}"),
    .malformedHeader(offset: 3, expected: "no control character in a string")),
  Malformed("unknown escape", file(#"{"\x":{}}"#), .malformedHeader(offset: 3, expected: "an escape sequence")),
  Malformed(
    "half a surrogate pair", file(#"{"\ud800":{}}"#), .malformedHeader(offset: 4, expected: "a Unicode character")),
  Malformed(
    "short escape", file(#"{"\u12"#), .malformedHeader(offset: 4, expected: "four hexadecimal digits")),
  Malformed(
    "bytes that are no UTF-8",
    [10, 0, 0, 0, 0, 0, 0, 0] + [0x7B, 0x22, 0xFF, 0x22, 0x3A, 0x7B, 0x7D, 0x7D, 0x20, 0x20],
    .malformedHeader(offset: 2, expected: "UTF-8")),
  Malformed("string without end", file(#"{"abc"#), .malformedHeader(offset: 5, expected: "\"")),
]

@Suite struct SafetensorsTests {
  @Test(arguments: malformed)
  private func refuses(_ example: Malformed) {
    #expect(throws: example.error) { try Safetensors(bytes: example.bytes) }
    #expect(!example.error.description.contains("\n"))
  }

  @Test func readsTensorsAndMetadata() throws {
    let header =
      #"{"__metadata__":{"k\u00e9\ud83d\ude00":"a\"b\\c\n/\/"},"b":\#(tensor("I8", "[2,2]", "8", "12")), "a":\#(a) }  "#
    let file = try Safetensors(bytes: file(header, data: 12))
    #expect(file.metadata == ["ké😀": "a\"b\\c\n//"])
    #expect(file.entries.keys.sorted() == ["a", "b"])
    #expect(file.entries["b"]?.shape == [2, 2])
    #expect(file.entries["b"]?.dtype == .i8)
    #expect(file.entries["b"]?.count == 4)
    #expect(file.bytes(of: "b").map { Array($0) } == [7, 7, 7, 7])
    #expect(file.bytes(of: "c") == nil)
    #expect(throws: SafetensorsError.missingTensor("c")) { try file.floats("c") }
    #expect(throws: SafetensorsError.notFloating(tensor: "b", dtype: .i8)) { try file.floats("b") }
  }

  @Test func readsAnEmptyHeader() throws { #expect(try Safetensors(bytes: file("{}")).entries.isEmpty) }

  @Test func acceptsScalarsAndEmptyTensors() throws {
    let header = #"{"e":\#(tensor("F32", "[0,5]", "4", "4")),"s":\#(tensor("F32", "[]", "0", "4"))}"#
    let file = try Safetensors(bytes: file(header, data: 4))
    #expect(try file.floats("e") == [])
    #expect(try file.floats("s").count == 1)
  }

  @Test func survivesEveryTruncationAndByte() throws {
    let whole = file(#"{"__metadata__":{"k":"v"},"a":\#(a),"b":\#(tensor("I8", "[2,2]", "8", "12"))}"#, data: 12)
    _ = try Safetensors(bytes: whole)
    for count in 0..<whole.count {
      #expect(throws: SafetensorsError.self) { try Safetensors(bytes: Array(whole[..<count])) }
    }
    // Any single byte may change: either an error or a file that holds together, never a trap.
    for position in 0..<whole.count - 12 {
      for value: UInt8 in [0, 0x22, 0x2C, 0x30, 0x39, 0x5B, 0x5C, 0x7B, 0x7D, 0xFF] {
        var changed = whole
        changed[position] = value
        guard let file = try? Safetensors(bytes: changed) else { continue }
        for entry in file.entries.values { #expect(entry.byteRange.upperBound <= changed.count) }
      }
    }
  }

  @Test func tellsWhyAFileCannotBeRead() throws {
    let folder = try TemporaryFolder()
    let empty = try folder.write("empty", [])
    #expect(throws: SafetensorsError.file(.notFound)) { try Safetensors(path: folder.file("missing")) }
    #expect(throws: SafetensorsError.file(.notDirectory)) { try Safetensors(path: "\(empty)/below") }
    #expect(throws: SafetensorsError.file(.isDirectory)) { try Safetensors(path: folder.path) }
    #expect(throws: SafetensorsError.file(.notRegularFile)) { try Safetensors(path: "/dev/null") }
    #expect(throws: SafetensorsError.tooShort(bytes: 0)) { try Safetensors(path: empty) }
  }

  @Test(.enabled(if: Shared.has("models/vit_tiny_16.safetensors"), "needs ../shared"))
  func readsARealFile() throws {
    let file = try Safetensors(path: Shared.path("models/vit_tiny_16.safetensors"))
    #expect(file.entries.count == 152)
    #expect(file.metadata["interpolation"] == "bicubic")
    #expect(try file.floats("conv_proj.weight").count == 192 * 3 * 16 * 16)
  }
}
