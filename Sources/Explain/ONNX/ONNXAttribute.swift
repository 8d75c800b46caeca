/// Value of a node's attribute.
enum ONNXAttribute: Sendable {
  case float(Float)
  case int(Int)
  /// What is not UTF-8 is replaced.
  case string(String)
  case tensor(ONNXTensor)
  /// What a control-flow operator runs; neither checked nor sorted.
  indirect case graph(ONNXGraph)
  case floats([Float])
  case ints([Int])
  case strings([String])
  /// A kind that no operator of a classifier has, by its name in `onnx.proto`; the value is not kept.
  case other(String)
}

extension ONNXAttribute: CustomStringConvertible {
  /// The value on one line, the first elements of a long list.
  var description: String {
    switch self {
    case .float(let value): "\(value)"
    case .int(let value): "\(value)"
    case .string(let value): "'\(value.prefix(Self.shownCharacters))'"
    case .tensor(let tensor): "\(tensor.elementType.name) \(tensor.shape)"
    case .graph(let graph): "graph of \(counted(graph.nodes.count, "node"))"
    case .floats(let values): Self.listed(values)
    case .ints(let values): Self.listed(values)
    case .strings(let values): Self.listed(values.map { $0.prefix(Self.shownCharacters) })
    case .other(let kind): kind
    }
  }

  private static let shownCharacters = 40

  private static func listed(_ values: [some CustomStringConvertible]) -> String {
    let limit = 8
    return "[" + values.prefix(limit).map(\.description).joined(separator: ", ")
      + (values.count > limit ? ", ...]" : "]")
  }
}
