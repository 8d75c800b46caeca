/// An operator with its inputs, outputs and attributes.
struct ONNXNode: Sendable {
  /// May be empty, and need not be unique.
  let name: String
  /// Such as `Conv`.
  let opType: String
  /// The operator set that defines the type; the empty domain is `ai.onnx`.
  let domain: String
  /// Names of values; empty for an omitted input.
  let inputs: [String]
  /// Names of values; empty for an omitted output.
  let outputs: [String]
  let attributes: [String: ONNXAttribute]

  /// The name for messages: the node's, or its first output's where it has none.
  var label: String { Self.label(name, outputs, opType) }

  static func label(_ name: String, _ outputs: [String], _ opType: String) -> String {
    name.isEmpty ? outputs.first { !$0.isEmpty } ?? opType : name
  }

  /// Names of the values that the node reads, those that its subgraphs read included.
  var reads: [String] {
    var names = inputs.filter { !$0.isEmpty }
    for case .graph(let graph) in attributes.values {
      names += graph.nodes.flatMap(\.reads) + graph.outputs.map(\.name)
    }
    return names
  }
}

extension ONNXNode: CustomStringConvertible {
  /// The operator, the name and the attributes, on one line: `Conv conv1 (group 1, strides [2, 2])`.
  var description: String {
    let type = domain.isEmpty ? opType : "\(domain).\(opType)"
    let shown = attributes.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    return "\(type) \(label)" + (shown.isEmpty ? "" : " (\(shown))")
  }
}
