extension GraphBuilder {
  /// Marks the feature layers that the graph itself shows: the last tensor of each of the three smallest resolutions that all
  /// of the later computation passes through; of a transformer, what the last three attention layers read. Nodes that nothing
  /// depends on must have been removed.
  mutating func findFeatureLayers() throws(ImportError) {
    if try findTokenFeatures() { return }
    var layers: [Shape: String] = [:]
    var sizes: [Shape] = []
    let images = images
    for index in nodes.bottlenecks(input: input) {
      let name = nodes[index].name
      let size = size(name)
      // Rows of tokens, as norms of groups read them, are no resolution of the image.
      guard size.height > 1, images.contains(name) else { continue }
      if layers.updateValue(name, forKey: size) == nil { sizes.append(size) }
    }
    for size in sizes.suffix(3) {
      if let name = layers[size] { feature(name, node: name) }
    }
  }

  /// Nodes whose rows and columns are places of the image, and not pairs of matrices or rows of scores.
  private var images: Set<String> {
    var (images, sizes) = (Set([input]), Set([size(input)]))
    for node in nodes {
      let size = size(node.name)
      let isImage =
        switch node.op {
        case is MatrixProduct, is Softmax, is Constant: false
        case is Rearrange:
          // Places back in their rows, or every other one of them.
          sizes.contains(size) || images.contains(node.inputs[0]) && size.hasProportions(of: self.size(node.inputs[0]))
        default: node.inputs.contains(where: images.contains)
        }
      guard isImage else { continue }
      images.insert(node.name)
      sizes.insert(size)
    }
    return images
  }

  /// Height and width of a node.
  private func size(_ node: String) -> Shape { Shape(shape(node).height, shape(node).width, 1) }

  /// Drops nodes that none of these depend on.
  mutating func removeUnused(outputs: Set<String>) {
    let needed = Set(nodes.needed(for: outputs).map(\.name))
    keepNodes { needed.contains($0.name) }
  }
}

extension GraphBuilder {
  /// Attention layers, counted from the end, whose inputs the head reads.
  private static let featureBlocks = 3

  /// - Returns: whether there are attention layers to tokens of an image.
  private mutating func findTokenFeatures() throws(ImportError) -> Bool {
    var embeddings: [Int: (image: Shape, prefix: Int)] = [:]
    var sources: [String] = []
    for node in nodes {
      if let embedding = node.op as? TokenEmbedding {
        embeddings[shape(node.name).width] = (shape(node.inputs[0]), embedding.prefix)
      }
      guard node.op is Attention else { continue }
      // The layer before it makes queries, keys and values of its input.
      let layer = node.inputs[0]
      if let source = inputs(of: inputs(of: layer).count > 1 ? inputs(of: layer)[0] : layer).first {
        sources.append(source)
      }
    }
    sources = sources.suffix(Self.featureBlocks).filter { embeddings[shape($0).width] != nil }
    guard !sources.isEmpty, Set(sources).count == sources.count else { return false }
    var result: [Node] = []
    for node in nodes {
      result.append(node)
      guard sources.contains(node.name), let (image, prefix) = embeddings[shape(node.name).width] else { continue }
      let op = ImageTokens(height: image.height, width: image.width, prefix: prefix)
      let name = "\(node.name).image"
      guard shapes[name] == nil else { return false }
      result.append(Node(name, op, [node.name]))
      feature(node.name, node: name)
    }
    try setNodes(result)
    return true
  }
}

extension Shape {
  fileprivate func hasProportions(of other: Shape) -> Bool { height * other.width == width * other.height }
}
