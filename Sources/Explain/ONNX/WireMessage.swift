/// A message that is read field by field.
///
/// As in protobuf, the last value of a singular field counts, repeated fields are appended to, and a submessage that occurs twice
/// is merged.
protocol WireMessage {
  /// The name in `onnx.proto`.
  static var messageName: String { get }

  init()

  /// Reads the value of a field, or skips it.
  mutating func take(_ field: WireField, from reader: inout WireReader) throws(ONNXError)
}
