extension GraphBuilder {
  /// Makes the tensors that the user names the feature layers, in the order of the graph; tokens become images. Drops nodes
  /// that only other feature layers needed.
  ///
  /// - Parameters:
  ///   - otherNames: nodes by names that are not their own.
  ///   - output: the node of the logits.
  mutating func setFeatureLayers(
    _ names: [String], otherNames: [String: String], output: String
  ) throws(ImportError) {
    let grid = ImageGrid(nodes, shapes)
    var positions: [String: Int] = [:]
    for (index, node) in nodes.enumerated() { positions[node.name] = index }
    var chosen: [(position: Int, node: String)] = []
    for name in names {
      guard let node = positions[name] != nil ? name : otherNames[name], let position = positions[node] else {
        throw .unknownLayer(name, near: nearMiss(of: name, among: nodes.map(\.name) + otherNames.keys.sorted()))
      }
      guard grid.image(shape(node)) != nil else { throw .flatLayer(name, shape(node)) }
      guard !chosen.contains(where: { $0.position == position }) else { throw .repeatedLayer(name) }
      chosen.append((position, node))
    }
    featureLayers = []
    var kept: Set<String> = [output]
    for (_, name) in chosen.sorted(by: { $0.position < $1.position }) {
      var node = name
      if let op = grid.op(for: shape(name)) {
        // The architecture may have made the same image.
        let known = nodes.first { $0.op is ImageTokens && $0.inputs == [name] }
        if let known { node = known.name } else { node = try append(unusedName("\(name).image"), op, [name]) }
      }
      feature(name, node: node)
      kept.insert(node)
    }
    removeUnused(outputs: kept)
  }

  private func unusedName(_ name: String) -> String {
    guard shapes[name] != nil else { return name }
    return (2...).lazy.map { "\(name).\($0)" }.first { shapes[$0] == nil } ?? name
  }
}
