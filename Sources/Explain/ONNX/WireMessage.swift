/// A message that is put together from its fields.
///
/// As protobuf has it, the last of several values counts, values of repeated fields follow each other, and a message that comes
/// twice is one message with the fields of both.
protocol WireMessage {
  /// The name in `onnx.proto`.
  static var messageName: String { get }

  init()

  /// Reads the value of a field, or skips it.
  mutating func take(_ field: WireField, from reader: inout WireReader) throws(ONNXError)
}
