/// An input or output of a graph.
struct ONNXValueInfo: WireMessage, Sendable, Equatable {
  static let messageName = "ValueInfoProto"

  private(set) var name = ""
  private var type = ONNXTypeFields()

  /// Nil where the value is not a tensor or its element type is unknown.
  var elementType: ONNXElementType? { ONNXElementType(rawValue: type.tensor.elementType) }

  /// Length of each dimension, outermost first; nil where the rank is unknown.
  var shape: [ONNXDimension]? { type.tensor.shape?.dimensions }

  mutating func take(_ field: WireField, from reader: inout WireReader) throws(ONNXError) {
    switch field.number {
    case 1: name = try reader.text(field)
    case 2: try reader.merge(field, into: &type)
    default: try reader.skip(field)
    }
  }
}

/// The tensor type in a `TypeProto`; other types are skipped.
private struct ONNXTypeFields: WireMessage, Equatable, Sendable {
  static let messageName = "TypeProto"

  private(set) var tensor = ONNXTensorTypeFields()

  mutating func take(_ field: WireField, from reader: inout WireReader) throws(ONNXError) {
    switch field.number {
    case 1: try reader.merge(field, into: &tensor)
    // A oneof: the last field counts.
    case 4, 5, 7, 8, 9:
      tensor = ONNXTensorTypeFields()
      try reader.skip(field)
    default: try reader.skip(field)
    }
  }
}

private struct ONNXTensorTypeFields: WireMessage, Equatable, Sendable {
  static let messageName = "TypeProto.Tensor"

  private(set) var elementType: Int32 = 0
  private(set) var shape: ONNXShapeFields?

  mutating func take(_ field: WireField, from reader: inout WireReader) throws(ONNXError) {
    switch field.number {
    case 1: elementType = try reader.int32(field)
    case 2:
      var shape = shape ?? ONNXShapeFields()
      try reader.merge(field, into: &shape)
      self.shape = shape
    default: try reader.skip(field)
    }
  }
}

private struct ONNXShapeFields: WireMessage, Equatable, Sendable {
  static let messageName = "TensorShapeProto"

  private(set) var dimensions: [ONNXDimension] = []

  mutating func take(_ field: WireField, from reader: inout WireReader) throws(ONNXError) {
    switch field.number {
    case 1: dimensions.append(try reader.new(field, as: ONNXDimension.self))
    default: try reader.skip(field)
    }
  }
}
