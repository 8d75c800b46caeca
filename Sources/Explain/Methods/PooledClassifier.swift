import Kernels

/// The end of a network that pools its last features and classifies them by one linear layer, which makes its weights the
/// channels' share in every class.
struct PooledClassifier {
  /// The node that is pooled, and the shape of its result.
  let node: String
  let shape: Shape
  private let rows: LayerRows

  /// Nil where the network ends otherwise.
  init?(_ model: Model) {
    let graph = model.description.graph
    func node(_ name: String) -> Node? { graph.nodes.first { $0.name == name } }
    guard let linear = node(graph.output), let layer = linear.op as? Convolution, layer.groups == 1,
      let pooling = node(linear.inputs[0]), pooling.op is GlobalAveragePool,
      let shape = model.shapes[pooling.inputs[0]]
    else { return nil }
    (self.node, self.shape) = (pooling.inputs[0], shape)
    rows = LayerRows(model, node: linear, layer, channels: shape.channels)
  }

  /// The Class Activation Map of a class.
  ///
  /// - Parameter activations: of the node.
  func map(of classIndex: Int, _ activations: UnsafePointer<Float>, _ context: ExecutionContext) -> ClassMap {
    var values = [Float](repeating: 0, count: shape.pixels)
    rows.read(classIndex) { row in
      context.project(activations, pixels: shape.pixels, channels: shape.channels, row: row, output: &values)
    }
    return ClassMap(classIndex: classIndex, height: shape.height, width: shape.width, values: values)
  }
}
