/// A key and its value, such as a property of the model.
struct ONNXEntry: WireMessage, Sendable, Equatable {
  static let messageName = "StringStringEntryProto"

  private(set) var key = ""
  private(set) var value = ""

  mutating func take(_ field: WireField, from reader: inout WireReader) throws(ONNXError) {
    switch field.number {
    case 1: key = try reader.text(field)
    case 2: value = try reader.text(field)
    default: try reader.skip(field)
    }
  }
}
