/// Builds our graph from that of an ONNX model, node by node. What depends on no picture is computed here.
struct ONNXTranslator {
  let model: ONNXModel
  var graph: GraphBuilder
  var values: [String: ONNXValue] = [:]
  /// The function at the end of the graph, which the program applies itself.
  var outputs: OutputFunction?
  /// How many nodes read a value, and the graph's output.
  private var readers: [String: Int] = [:]
  /// The first node that reads a value, and the one that yields it.
  private var firstReader: [String: Int] = [:]
  private(set) var producers: [String: Int] = [:]
  /// The one value that is a layer's result, by the layer's node: what else reads the result reads this value.
  var layerValues: [String: String] = [:]
  /// Parts of tensors that have been copied.
  var copies: [CopyKey: String] = [:]
  /// Where tokens come from, by their number.
  var grids: [Int: TokenGrid] = [:]
  var foldingBudget = FoldingBudget()
  /// How many nodes that read a constant have become one.
  var foldedReads: [String: Int] = [:]
  /// Nodes of ours whose values are never below 0, among the first so many.
  private var nonNegative: (names: Set<String>, checked: Int) = ([], 0)
  /// Nodes whose work another one has done.
  private var done: Set<Int> = []

  typealias Rule = @Sendable (inout ONNXTranslator, ONNXNode) throws(ImportError) -> Void

  /// What is known of ONNX's own operators.
  static let rules: [String: Rule] = layerRules.merging(elementwiseRules) { $1 }.merging(poolingRules) { $1 }
    .merging(shapeRules) { $1 }.merging(formulaRules) { $1 }.merging(layerNormRules) { $1 }
    .merging(attentionRules) { $1 }.merging(normRules) { $1 }.merging(padRules) { $1 }.merging(einsumRules) { $1 }
    .merging(resizeRules) { $1 }.merging(quantizationRules) { $1 }

  /// - Parameters:
  ///   - shape: of the input.
  ///   - isChannelsLast: whether the graph reads `[1, height, width, channels]`.
  ///   - normalization: what preprocessing does in place of the first nodes.
  init(
    _ model: ONNXModel, _ shape: Shape, isChannelsLast: Bool, without normalization: ONNXPixelNormalization?,
    precision: Precision
  ) {
    self.model = model
    let files = WeightFiles([:], metadata: [:], paths: [])
    graph = GraphBuilder(
      state: StateDict(files, prefix: "", scheme: .none), inputShape: shape, precision: precision)
    for (index, node) in model.graph.nodes.enumerated() {
      for name in node.reads {
        readers[name, default: 0] += 1
        if firstReader[name] == nil { firstReader[name] = index }
      }
      for name in node.outputs where !name.isEmpty { producers[name] = index }
    }
    for output in model.graph.outputs { readers[output.name, default: 0] += 1 }
    for (name, tensor) in model.graph.tensors { values[name] = .constant(ONNXConstant(tensor)) }
    func pixels(_ isChannelsLast: Bool) -> ONNXValue {
      .activation(
        isChannelsLast
          ? ONNXActivation(channelsLast: graph.input, shape) : ONNXActivation(image: graph.input, shape))
    }
    values[model.graph.inputs[0].name] = pixels(isChannelsLast)
    if let normalization {
      done.formUnion(normalization.nodes)
      values[normalization.output] = pixels(normalization.isChannelsLast)
    }
  }

  /// Translates all nodes; returns the node of the logits.
  mutating func translate() throws(ImportError) -> String {
    for index in model.graph.nodes.indices where !done.contains(index) {
      let node = model.graph.nodes[index]
      // What gives nothing computes nothing.
      guard node.outputs.first?.isEmpty == false else { continue }
      if try foldConstant(node) { continue }
      guard node.domain.isEmpty, let rule = Self.rules[node.opType] else {
        if node.isQuantized {
          throw unsupported(node, "integer arithmetic is not supported; export in float32, or with QuantFormat.QDQ")
        }
        let domain = node.domain.isEmpty ? "" : "\(node.domain)."
        throw unsupported(node, "operator \(domain)\(node.opType) is not supported")
      }
      try rule(&self, node)
    }
    guard let output = model.graph.outputs.first, let value = values[output.name] else {
      throw .onnx(.missingOutput(model.graph.outputs.first?.name ?? "output"))
    }
    if case .constant = value { throw .onnx(.missingOutput(output.name)) }
    let logits = try settle(output.name)
    try graph.finish()
    let shape = graph.shape(logits.node)
    guard shape.height == 1, shape.width == 1 else { throw .noClassifier(shape) }
    return logits.node
  }
}

extension ONNXTranslator {
  /// Nodes of ours by the names of the tensors that they stand for, and of the nodes that yield these.
  var nodes: [String: String] {
    var nodes: [String: String] = [:]
    for node in model.graph.nodes {
      guard let tensor = node.outputs.first, case .activation(let activation)? = values[tensor] else { continue }
      nodes[tensor] = activation.node
      if !node.name.isEmpty { nodes[node.name] = activation.node }
    }
    return nodes
  }

  /// Reads of a value.
  func readerCount(_ name: String) -> Int { readers[name, default: 0] }

  /// The only node that reads a value, if it is of this type.
  func onlyReader(_ name: String, _ opType: String) -> (index: Int, node: ONNXNode)? {
    guard readerCount(name) == 1, let index = firstReader[name] else { return nil }
    let node = model.graph.nodes[index]
    return node.opType == opType && node.domain.isEmpty ? (index, node) : nil
  }

  /// The first node that reads a value.
  func firstReading(_ name: String) -> (index: Int, node: ONNXNode)? {
    firstReader[name].map { ($0, model.graph.nodes[$0]) }
  }

  /// Whether a node of ours has no values below 0.
  mutating func isNonNegative(_ name: String) -> Bool {
    for node in graph.nodes[nonNegative.checked...]
    where node.op.isNonNegative(node.inputs.map(nonNegative.names.contains)) {
      nonNegative.names.insert(node.name)
    }
    nonNegative.checked = graph.nodes.count
    return nonNegative.names.contains(name)
  }

  /// Takes over a later node's work.
  mutating func absorb(_ index: Int) { done.insert(index) }

  mutating func set(_ node: ONNXNode, _ value: ONNXValue) {
    guard let name = node.outputs.first else { return }
    values[name] = value
  }

  mutating func set(_ node: ONNXNode, _ name: String, _ dimensions: [[ONNXActivation.Axis]]) {
    set(node, .activation(ONNXActivation(name, dimensions)))
  }

  func value(_ node: ONNXNode, _ index: Int) throws(ImportError) -> ONNXValue {
    guard node.inputs.indices.contains(index), let value = values[node.inputs[index]] else {
      throw unsupported(node, "input \(index) is missing")
    }
    return value
  }

  /// Nil where the node leaves the input out.
  func constant(_ node: ONNXNode, _ index: Int) throws(ImportError) -> ONNXConstant? {
    guard node.inputs.indices.contains(index), !node.inputs[index].isEmpty else { return nil }
    guard case .constant(let constant) = try value(node, index) else {
      throw unsupported(node, "input \(index) depends on the image")
    }
    return constant
  }

  /// A picture or feature map in PyTorch's order.
  mutating func image(_ node: ONNXNode, _ index: Int = 0) throws(ImportError) -> ONNXActivation {
    let activation = try activation(node, index)
    if activation.isImage { return activation }
    guard activation.dimensions.count == 4, activation.dimensions[0].isEmpty else {
      throw unsupported(node, "input \(index) is not [1, channels, height, width]")
    }
    return try image(ONNXView(activation, graph.shape(activation.node)), for: node)
  }

  func unsupported(_ node: ONNXNode, _ reason: String) -> ImportError { .unsupportedNode("\(node)", reason: reason) }

  /// A name for a node of ours: what the ONNX node is called.
  func name(_ node: ONNXNode) -> String { name(label: node.label, or: node.opType) }

  /// A free name for a node of ours, as paths of modules are written; not that of a head's node.
  ///
  /// - Parameter fallback: where nothing is left of the label.
  func name(label: String, or fallback: String = "node") -> String {
    var label = label.split(separator: "/").joined(separator: ".")
    if label.isEmpty { label = fallback }
    if label.hasPrefix(HeadDescription.prefix) { label = "network.\(label)" }
    guard graph.shapes[label] != nil else { return label }
    return (2...).lazy.map { "\(label).\($0)" }.first { graph.shapes[$0] == nil } ?? label
  }

  /// Runs what may find fault with the file.
  func reading<Result>(_ body: () throws(ONNXError) -> Result) throws(ImportError) -> Result {
    do { return try body() } catch { throw .onnx(error) }
  }

  mutating func append(
    _ node: ONNXNode, _ op: any GraphOperator, _ inputs: [String], like activation: ONNXActivation
  ) throws(ImportError) {
    set(node, try graph.append(name(node), op, inputs), activation.dimensions)
  }
}
