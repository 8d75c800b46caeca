/// Writes the protobuf wire format by hand, right or wrong.
enum ONNXBytes {
  static func varint(_ number: UInt64) -> [UInt8] {
    number < 128 ? [UInt8(number)] : [UInt8(number & 127 | 128)] + varint(number >> 7)
  }

  static func field(_ number: UInt64, _ value: Int) -> [UInt8] {
    varint(number << 3) + varint(UInt64(bitPattern: Int64(value)))
  }

  static func field(_ number: UInt64, _ bytes: [UInt8]) -> [UInt8] {
    varint(number << 3 | 2) + varint(UInt64(bytes.count)) + bytes
  }

  static func field(_ number: UInt64, _ text: String) -> [UInt8] { field(number, Array(text.utf8)) }

  static func node(_ type: String, _ inputs: [String], _ outputs: [String], name: String = "", _ rest: [UInt8] = [])
    -> [UInt8]
  {
    let values = inputs.flatMap { field(1, $0) } + outputs.flatMap { field(2, $0) }
    return field(1, values + field(3, name) + field(4, type) + rest)
  }

  /// An initializer; `rest` are its fields behind the name.
  static func tensor(_ name: String, type: Int, shape: [Int], _ rest: [UInt8]) -> [UInt8] {
    field(5, shape.flatMap { field(1, $0) } + field(2, type) + field(8, name) + rest)
  }

  /// An initializer in another file.
  static func external(_ name: String, type: Int = 1, shape: [Int], _ entries: KeyValuePairs<String, String>) -> [UInt8]
  {
    tensor(
      name, type: type, shape: shape,
      field(14, 1) + entries.flatMap { field(13, field(1, $0.key) + field(2, $0.value)) })
  }

  /// A model of a graph that reads `x`, without `Relu` where it has nodes of its own.
  static func model(
    _ graph: [UInt8], opset: [UInt8] = field(8, field(2, 18)), input: [UInt8] = field(11, field(1, "x"))
  )
    -> [UInt8]
  {
    field(1, 8) + opset + field(7, input + graph)
  }
}
