/// Models of which some layers are those of an int8 model and others those of the same import in Float.
struct MixedModel {
  let int8: Model
  let float: Model
  /// Stands before names of the model in Float, and begins no other name.
  private let prefix: String
  private let floatNodes: [String: Node]
  /// The layers that int8 has changed, in the order of the graph.
  let layers: [String]

  /// - Precondition: both are of the same import.
  init(int8: Model, float: Model) {
    (self.int8, self.float) = (int8, float)
    let names = int8.description.graph.nodes.map(\.name) + int8.entries.map(\.name)
    var prefix = "float32:"
    while names.contains(where: { $0.hasPrefix(prefix) }) { prefix += ":" }
    self.prefix = prefix
    floatNodes = Dictionary(
      float.description.graph.nodes.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    layers = int8.description.graph.nodes.filter(Self.isQuantized).map(\.name)
  }

  private static func isQuantized(_ node: Node) -> Bool {
    (node.op as? any ConvolutionOperator)?.precision(in: .int8) == .int8
  }

  /// The int8 model with these layers in Float.
  func keepingFloat(_ layers: Set<String>) -> Model {
    var description = int8.description
    description.graph.nodes = description.graph.nodes.map { layers.contains($0.name) ? inFloat($0) : $0 }
    return Model(description, shapes: int8.shapes, of: int8, and: [.file(prefix: prefix, float)])
  }

  /// The network in Float, with the int8 twins of some layers beside them, which read the same.
  func withTwins(_ layers: Set<String>) -> Model {
    var (description, shapes) = (int8.description, int8.shapes)
    description.graph.nodes = []
    for node in int8.description.graph.nodes {
      description.graph.nodes.append(Self.isQuantized(node) ? inFloat(node) : node)
      guard layers.contains(node.name) else { continue }
      let name = twin(node.name)
      description.graph.nodes.append(Node(name, node.op, node.inputs))
      shapes[name] = shapes[node.name]
    }
    return Model(description, shapes: shapes, of: int8, and: [.file(prefix: prefix, float)])
  }

  /// The name of a layer's twin.
  func twin(_ layer: String) -> String { prefix + layer }

  private func inFloat(_ node: Node) -> Node {
    guard var op = floatNodes[node.name]?.op as? any ConvolutionOperator else { return node }
    op.attributes.precision = .float32
    op.weights = WeightNames(
      weight: prefix + op.weights.weight, scale: nil, bias: prefix + op.weights.bias, columnSums: nil)
    return Node(node.name, op, node.inputs)
  }
}
