/// Length of a dimension of an input or output.
enum ONNXDimension: Sendable, Equatable {
  case length(Int)
  /// A length that is known when the network runs; equal names mean equal lengths, except empty ones.
  case symbol(String)

  /// Nil where it is not known.
  var length: Int? { if case .length(let length) = self { length } else { nil } }
}

extension ONNXDimension: CustomStringConvertible {
  var description: String {
    switch self {
    case .length(let length): "\(length)"
    case .symbol(let name): name.isEmpty ? "?" : name
    }
  }
}

extension ONNXDimension: WireMessage {
  static let messageName = "TensorShapeProto.Dimension"

  init() { self = .symbol("") }

  mutating func take(_ field: WireField, from reader: inout WireReader) throws(ONNXError) {
    switch field.number {
    case 1:
      let length = try reader.int(field)
      // Some writers state an unknown length as -1.
      self = length < 0 ? .symbol("") : .length(length)
    case 2: self = .symbol(try reader.text(field))
    default: try reader.skip(field)
    }
  }
}
