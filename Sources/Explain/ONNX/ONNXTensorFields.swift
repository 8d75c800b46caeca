/// A `TensorProto` as read, before it is checked.
struct ONNXTensorFields: WireMessage {
  static let messageName = "TensorProto"

  /// The typed fields for elements, by number.
  enum Typed: Int {
    case float = 4
    case int32 = 5
    case int64 = 7
    case double = 10
    case uint64 = 11

    var wireType: WireType {
      switch self {
      case .float: .fixed32
      case .double: .fixed64
      case .int32, .int64, .uint64: .varint
      }
    }
  }

  private(set) var name = ""
  private(set) var shape: [Int] = []
  private(set) var elementType: Int32 = 0
  private(set) var raw: Range<Int>?
  private(set) var typed: [Typed: [ONNXRun]] = [:]
  private(set) var isExternal = false
  private(set) var external: [ONNXEntry] = []

  mutating func take(_ field: WireField, from reader: inout WireReader) throws(ONNXError) {
    switch field.number {
    case 1: try reader.ints(field, onto: &shape)
    case 2: elementType = try reader.int32(field)
    case 8: name = try reader.text(field)
    case 9: raw = try reader.range(field)
    case 13: external.append(try reader.new(field))
    case 14:
      let place = try reader.int32(field)
      // As in protobuf, an unknown enumerator counts as an absent field.
      if (0...1).contains(place) { isExternal = place == 1 }
    default:
      guard let kind = Typed(rawValue: field.number) else { return try reader.skip(field) }
      try reader.spend(MemoryLayout<ONNXRun>.stride)
      typed[kind, default: []].extend(by: try reader.run(field, of: kind.wireType))
    }
  }
}
