/// How a field's value is coded: <https://protobuf.dev/programming-guides/encoding/#structure>. Groups, 3 and 4, are no part of
/// ONNX.
enum WireType: UInt8, Sendable {
  case varint = 0
  case fixed64 = 1
  /// A length, and as many bytes: text, messages, packed numbers.
  case bytes = 2
  case fixed32 = 5
}

/// What stands before the value of a field.
struct WireField: Sendable, Equatable {
  let number: Int
  let type: WireType
  /// Where the field starts in the file, for messages.
  let start: Int
}
