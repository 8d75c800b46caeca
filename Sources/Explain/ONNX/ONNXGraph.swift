/// Nodes, and the values that they pass on.
struct ONNXGraph: Sendable {
  /// Most nodes of a model, those of graphs inside nodes counted.
  static let nodeLimit = 65_536

  fileprivate(set) var name = ""
  /// In the order of the file; of a model's own graph sorted so that every node follows those that it reads from, and without
  /// its `Constant`s.
  var nodes: [ONNXNode] = []
  /// The initializers by name; of a model's own graph also the values of its `Constant` nodes.
  var tensors: [String: ONNXTensor] = [:]
  /// In the order of the file; of a model's own graph those without an initializer.
  var inputs: [ONNXValueInfo] = []
  fileprivate(set) var outputs: [ONNXValueInfo] = []
}

extension ONNXGraph: WireMessage {
  static let messageName = "GraphProto"

  mutating func take(_ field: WireField, from reader: inout WireReader) throws(ONNXError) {
    switch field.number {
    case 1:
      try reader.countNode()
      let fields = try reader.new(field, as: ONNXNodeFields.self)
      nodes.append(try fields.node(in: reader.source))
    case 2: name = try reader.text(field)
    case 5:
      let fields = try reader.new(field, as: ONNXTensorFields.self)
      guard !fields.name.isEmpty else { throw .unnamedTensor(offset: field.start) }
      let tensor = try ONNXTensor(fields, name: "", in: reader.source)
      guard tensors.updateValue(tensor, forKey: tensor.name) == nil else { throw .duplicateValue(tensor.name) }
    case 11: inputs.append(try reader.new(field))
    case 12: outputs.append(try reader.new(field))
    case 15: throw .sparseInitializer
    default: try reader.skip(field)
    }
  }
}
