/// The layer that methods of the CAM family explain: the last one whose features still have places.
///
/// ResNet's and EfficientNet's last features, VGG's before the last pooling, and the tokens that the last attention of a Vision
/// Transformer reads.
struct TargetLayer {
  let node: String
  /// Of the node's result.
  let shape: Shape
  /// Sides of a map.
  let height, width: Int
  /// Tokens in front of those that have places.
  let skipped: Int

  init(_ model: Model, for method: MethodName) throws(MethodError) {
    let graph = model.description.graph
    guard let last = model.description.featureLayers.last?.node, let features = model.shapes[last],
      let node = graph.nodes.first(where: { $0.name == last })
    else { throw .unsupported(method: method.rawValue, needs: "named feature layers") }
    switch node.op {
    case let image as ImageTokens:
      self.node = node.inputs[0]
      (height, width, skipped) = (features.height, features.width, image.prefix)
    case is MaxPool:
      let input = model.shapes[node.inputs[0]] ?? features
      self.node = node.inputs[0]
      (height, width, skipped) = (input.height, input.width, 0)
    default:
      self.node = last
      (height, width, skipped) = (features.height, features.width, 0)
    }
    shape = model.shapes[self.node] ?? features
  }

  var channels: Int { shape.channels }
  /// Places of a map.
  var places: Int { height * width }
  /// Where the features of the first place begin in the node's result.
  var firstPlace: Int { skipped * channels }

  /// A class's map, which is nowhere negative.
  func map(of classIndex: Int, _ values: [Float]) -> ClassMap {
    ClassMap(classIndex: classIndex, height: height, width: width, values: values.map { max($0, 0) })
  }

  /// The sum of all channels, each with its weight, `[height, width]`.
  ///
  /// - Parameter activations: of the node.
  func weightedSum(_ activations: [Float], _ weights: [Float]) -> [Float] {
    (0..<places).map { place in
      let first = firstPlace + place * channels
      var sum: Float = 0
      for c in 0..<channels { sum += weights[c] * activations[first + c] }
      return sum
    }
  }
}
