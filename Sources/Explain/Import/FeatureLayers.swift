extension GraphBuilder {
  /// Marks the feature layers that the graph itself shows: the last tensor of each of the three smallest resolutions that all
  /// of the later computation passes through. Nodes that nothing depends on must have been removed.
  mutating func findFeatureLayers() {
    // The last node that reads each result, the picture included.
    var lastReader: [String: Int] = [:]
    for (index, node) in nodes.enumerated() {
      for name in node.inputs { lastReader[name] = index }
    }
    var reach = lastReader[input] ?? 0
    var layers: [Shape: String] = [:]
    var sizes: [Shape] = []
    for (index, name) in nodes.map(\.name).enumerated() {
      let shape = shape(name)
      if reach <= index, shape.pixels > 1 {
        let size = Shape(shape.height, shape.width, 1)
        if layers.updateValue(name, forKey: size) == nil { sizes.append(size) }
      }
      reach = max(reach, lastReader[name] ?? 0)
    }
    for size in sizes.suffix(3) {
      if let name = layers[size] { feature(name, node: name) }
    }
  }

  /// Drops nodes that the output does not depend on.
  mutating func removeUnused(output: String) {
    var needed: Set<String> = [output]
    for node in nodes.reversed() where needed.contains(node.name) { needed.formUnion(node.inputs) }
    keepNodes { needed.contains($0.name) }
  }
}
