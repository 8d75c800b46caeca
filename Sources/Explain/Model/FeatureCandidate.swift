/// A tensor of a network that can be a feature layer of its head.
public struct FeatureCandidate: Sendable, Equatable {
  /// Of the node that yields it, as `import --layers` takes it.
  public let name: String
  /// Of tokens, the image that they make.
  public let shape: Shape
  /// Whether all of the later computation passes through it.
  public let isBottleneck: Bool
  /// Which of the feature layers it is, counted from 1; nil where it is none.
  public let featureLayer: Int?
}

extension Model {
  /// The tensors of the classifier that have height and width, in the order of the graph.
  public var featureCandidates: [FeatureCandidate] {
    let graph = description.graph
    let nodes = graph.nodes.needed(for: [graph.output])
    let bottlenecks = Set(nodes.bottlenecks(input: graph.input))
    let grid = ImageGrid(graph.nodes, shapes)
    var featureLayers: [String: Int] = [:]
    for (index, layer) in description.featureLayers.enumerated() {
      featureLayers[grid.tokens(ofImage: layer.node) ?? layer.node] = index + 1
    }
    return nodes.enumerated().compactMap { index, node in
      guard let shape = shapes[node.name].flatMap(grid.image) else { return nil }
      return FeatureCandidate(
        name: node.name, shape: shape, isBottleneck: bottlenecks.contains(index), featureLayer: featureLayers[node.name]
      )
    }
  }
}

/// How a network's tokens lie in its image.
struct ImageGrid {
  /// What makes an image of tokens, by the tokens' number.
  private var images: [Int: (op: ImageTokens, size: Shape)] = [:]
  /// The tokens that each image is made of.
  private var tokens: [String: String] = [:]

  init(_ nodes: [Node], _ shapes: [String: Shape]) {
    for node in nodes {
      guard let op = node.op as? ImageTokens, let count = shapes[node.inputs[0]]?.width, let size = shapes[node.name]
      else { continue }
      images[count] = (op, size)
      tokens[node.name] = node.inputs[0]
    }
  }

  /// The tokens that the node makes an image of; nil where it is another one.
  func tokens(ofImage node: String) -> String? { tokens[node] }

  /// What makes an image of tensors of this shape; nil where they are no tokens.
  func op(for shape: Shape) -> ImageTokens? { shape.height == 1 ? images[shape.width]?.op : nil }

  /// The shape as an image; nil where it has no height and width.
  func image(_ shape: Shape) -> Shape? {
    if shape.height == 1, let image = images[shape.width] {
      return Shape(image.size.height, image.size.width, shape.channels)
    }
    return shape.height > 1 || shape.width > 1 ? shape : nil
  }
}
