/// A graph of operators.
struct ONNXGraph: Sendable {
  /// Limit of nodes in a model, subgraphs included.
  static let nodeLimit = 65_536

  fileprivate(set) var name = ""
  /// In a model's main graph: topologically sorted, without `Constant` nodes. In a subgraph: as in the file.
  var nodes: [ONNXNode] = []
  /// Initializers by name; in a model's main graph also the values of `Constant` nodes, by the name of their output.
  var tensors: [String: ONNXTensor] = [:]
  /// In the order of the file; in a model's main graph without those that have an initializer.
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
