/// The value of a node's attribute.
enum ONNXAttribute: Sendable {
  case float(Float)
  case int(Int)
  /// Invalid UTF-8 is replaced.
  case string(String)
  case tensor(ONNXTensor)
  /// A subgraph of a control-flow operator; neither checked nor sorted.
  indirect case graph(ONNXGraph)
  case floats([Float])
  case ints([Int])
  case strings([String])
  /// A type that classifiers do not use, by its name in `onnx.proto`; the value is not kept.
  case other(String)
}

extension ONNXAttribute: CustomStringConvertible {
  /// The value on one line; long lists and strings are cut.
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
