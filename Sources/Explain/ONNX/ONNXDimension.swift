/// Length of a dimension of an input or output.
enum ONNXDimension: Sendable, Equatable {
  case length(Int)
  /// Any length, the same for equal names; an empty name is equal to none.
  case symbol(String)
}

extension ONNXDimension: WireMessage {
  static let messageName = "TensorShapeProto.Dimension"

  init() { self = .symbol("") }

  mutating func take(_ field: WireField, from reader: inout WireReader) throws(ONNXError) {
    switch field.number {
    case 1:
      let length = try reader.int(field)
      // Some writers say -1 for any length.
      self = length < 0 ? .symbol("") : .length(length)
    case 2: self = .symbol(try reader.text(field))
    default: try reader.skip(field)
    }
  }
}
