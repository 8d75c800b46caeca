/// How a field's value is encoded: <https://protobuf.dev/programming-guides/encoding/#structure>. ONNX does not use groups,
/// which are 3 and 4.
enum WireType: UInt8, Sendable {
  case varint = 0
  case fixed64 = 1
  /// Length-delimited: strings, messages, packed numbers.
  case bytes = 2
  case fixed32 = 5
}

/// The tag of a field.
struct WireField: Sendable, Equatable {
  let number: Int
  let type: WireType
  /// Offset of the tag in the file.
  let start: Int
}
