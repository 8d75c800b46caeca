/// An `AttributeProto` as read, before its type selects a field.
struct ONNXAttributeFields: WireMessage {
  static let messageName = "AttributeProto"

  /// `AttributeType`, by its numbers.
  private enum Kind: Int32 {
    case float = 1
    case int, string, tensor, graph, floats, ints, strings, tensors, graphs, sparseTensor, sparseTensors, typeProto,
      typeProtos
  }

  private(set) var name = ""
  private var kind: Kind?
  private var float: Float?
  private var int: Int?
  private var string: String?
  private var tensor: ONNXTensorFields?
  /// Empty or one graph; an array, because the type would contain itself otherwise.
  private var graph: [ONNXGraph] = []
  private var floats: [Float] = []
  private var ints: [Int] = []
  private var strings: [String] = []
  /// The kinds of fields that are there, in the order of the file.
  private var found: [Kind] = []

  mutating func take(_ field: WireField, from reader: inout WireReader) throws(ONNXError) {
    switch field.number {
    case 1: return name = try reader.text(field)
    case 20:
      // As in protobuf, an unknown enumerator counts as an absent field.
      if let kind = Kind(rawValue: try reader.int32(field)) { self.kind = kind }
      return
    case 2: float = try reader.float(field)
    case 3: int = try reader.int(field)
    case 4: string = try reader.repairedText(field)
    case 5:
      var tensor = tensor ?? ONNXTensorFields()
      try reader.merge(field, into: &tensor)
      self.tensor = tensor
    case 6:
      if graph.isEmpty { graph.append(ONNXGraph()) }
      try reader.merge(field, into: &graph[0])
    case 7: try reader.floats(field, onto: &floats)
    case 8: try reader.ints(field, onto: &ints)
    case 9: strings.append(try reader.repairedText(field))
    default: try reader.skip(field)
    }
    if let kind = Self.kinds[field.number], !found.contains(kind) { found.append(kind) }
  }

  private static let kinds: [Int: Kind] = [
    2: .float, 3: .int, 4: .string, 5: .tensor, 6: .graph, 7: .floats, 8: .ints, 9: .strings, 10: .tensors, 11: .graphs,
    14: .typeProto, 15: .typeProtos, 22: .sparseTensor, 23: .sparseTensors,
  ]

  /// The value of the stated type, or of the only field that is present where no type is stated.
  ///
  /// An absent field has its protobuf default, because proto3 writers omit zeros.
  ///
  /// - Parameters:
  ///   - node: for messages.
  ///   - source: the file that holds the attribute.
  func value(node: String, in source: ONNXSource) throws(ONNXError) -> ONNXAttribute {
    guard let kind = kind ?? (found.count == 1 ? found.first : nil) else {
      throw .badAttribute(node: node, attribute: name, problem: found.isEmpty ? "has no value" : "has several values")
    }
    switch kind {
    case .float: return .float(float ?? 0)
    case .int: return .int(int ?? 0)
    case .string: return .string(string ?? "")
    case .tensor:
      guard let tensor else { throw .badAttribute(node: node, attribute: name, problem: "lacks its tensor") }
      return .tensor(try ONNXTensor(tensor, name: "\(name) of \(node)", in: source))
    case .graph:
      guard let graph = graph.first else {
        throw .badAttribute(node: node, attribute: name, problem: "lacks its graph")
      }
      return .graph(graph)
    case .floats: return .floats(floats)
    case .ints: return .ints(ints)
    case .strings: return .strings(strings)
    case .tensors: return .other("TENSORS")
    case .graphs: return .other("GRAPHS")
    case .sparseTensor: return .other("SPARSE_TENSOR")
    case .sparseTensors: return .other("SPARSE_TENSORS")
    case .typeProto: return .other("TYPE_PROTO")
    case .typeProtos: return .other("TYPE_PROTOS")
    }
  }
}
