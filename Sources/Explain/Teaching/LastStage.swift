/// The last layers of a network: those that read maps of the last resolution, and the classifier.
struct LastStage {
  /// The one result that they read.
  let input: String
  /// Dense layers behind it, in order, the classifier last. Depthwise layers and normalisation are not among them.
  let layers: [Node]

  /// The share of a network's multiplications that its last stage may have.
  private static let mostWork = 0.25

  /// Nil where the network ends otherwise, or has no dense layer between such a result and its classifier.
  init?(_ model: Model) {
    let graph = model.description.graph
    guard let classifier = ClassifierLayer(model) else { return nil }
    let nodes = graph.nodes.needed(for: [graph.output], given: [])
    func shape(_ name: String) -> Shape { model.shapes[name] ?? graph.inputShape }
    func work(_ node: Node) -> Double { Double(node.op.work(node.inputs.map(shape), shape(node.name))) }
    let all = nodes.reduce(0) { $0 + work($1) }
    let resolution = nodes.last { shape($0.name).pixels > 1 }.map { shape($0.name).pixels }
    for (place, node) in nodes.enumerated() where shape(node.name).pixels == resolution {
      let behind = nodes[(place + 1)...]
      guard behind.reduce(0, { $0 + work($1) }) <= Self.mostWork * all,
        graph.frontier(behind: node.name) == [node.name]
      else { continue }
      let layers = behind.filter { ($0.op as? Convolution)?.groups == 1 }
      guard layers.count > 1, layers.last?.name == classifier.node.name else { return nil }
      (input, self.layers) = (node.name, layers)
      return
    }
    return nil
  }

  /// Weights that are trained.
  func weights(_ model: Model) -> Int {
    layers.reduce(0) { sum, node in
      guard let convolution = node.op as? Convolution else { return sum }
      let channels = model.shapes[node.inputs[0]]?.channels ?? 0
      return sum + convolution.outputChannels * convolution.window.area * channels
    }
  }
}
