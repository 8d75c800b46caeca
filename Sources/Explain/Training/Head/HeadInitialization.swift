import Kernels

extension HeadParameters {
  /// PyTorch's start: convolutions uniform in ±1 / sqrt(inputs), BatchNorm an identity.
  static func random(channels: [Int], classes: Int, seed: Int) throws(TrainingError) -> HeadParameters {
    let length = channels.reduce(0, +)
    var stream = 0
    return try HeadParameters(channels: channels, classes: classes) { (name, shape) throws(TrainingError) in
      let count = shape.reduce(1, *)
      switch name.split(separator: ".").suffix(2).joined(separator: ".") {
      case "bn.weight", "bn.running_var": return [Float](repeating: 1, count: count)
      case "bn.bias", "bn.running_mean": return [Float](repeating: 0, count: count)
      default:
        let inputs = name.hasPrefix("fuse") ? length : shape[0]
        let bound = 1 / Float(inputs).squareRoot()
        stream += 1
        var generator = SplitMix64(seed, -1, stream)
        return (0..<count).map { _ in bound * generator.signedUnit() }
      }
    }
  }

  /// The warm start: `u = relu(F)` exactly, because BatchNorm's scale is zero, and the classifier's own rows on the last branch.
  ///
  /// - Throws: `noWarmStart` where the network does not end in average pooling, or in nothing, and one linear layer.
  static func classActivation(_ model: Model, seed: Int) throws(TrainingError) -> HeadParameters {
    let description = model.description
    let channels = description.featureLayers.compactMap { model.shapes[$0.node]?.channels }
    let parameters = try random(channels: channels, classes: description.classes, seed: seed)
    guard let start = ClassifierRows(model) else { throw .noWarmStart(architecture: description.architecture) }
    for branch in parameters.branches {
      branch.normWeight.values = [Float](repeating: 0, count: branch.channels)
    }
    let last = parameters.branches.count - 1
    let columns = parameters.fuseColumns(last)
    let length = parameters.fuse.shape[1]
    parameters.fuse.values = [Float](repeating: 0, count: parameters.fuse.values.count)
    for label in 0..<description.classes {
      start.read(label) { row in
        for c in 0..<columns.count { parameters.fuse.values[label * length + columns.lowerBound + c] = row[c] }
      }
      parameters.fuseBias.values[label] = start.bias[label]
    }
    return parameters
  }

  /// Scales and shifts all fuse rows alike, so that the maps of the predicted classes have the given mean and deviation.
  ///
  /// A sigmoid of raw class activations is saturated and learns nothing; maps that are scaled by their own minimum and maximum
  /// do not change.
  func calibrate(mean: Float, deviation: Float, found: (mean: Float, deviation: Float)) {
    guard found.deviation > 0, found.deviation.isFinite else { return }
    let scale = deviation / found.deviation
    for i in fuse.values.indices { fuse.values[i] *= scale }
    for i in fuseBias.values.indices { fuseBias.values[i] = (fuseBias.values[i] - found.mean) * scale + mean }
  }
}

/// The classifier's last linear layer, where the last feature layer's average is all that it reads.
private struct ClassifierRows {
  let bias: [Float]
  private let rows: LayerRows

  init?(_ model: Model) {
    let graph = model.description.graph
    func node(_ name: String) -> Node? { graph.nodes.first { $0.name == name } }
    guard let last = model.description.featureLayers.last, let classifier = node(graph.output),
      case .convolution(_, let names) = classifier.op, let pool = node(classifier.inputs[0]),
      pool.op == .globalAveragePool, pool.inputs == [last.node], let shape = model.shapes[last.node]
    else { return nil }
    rows = LayerRows(model, node: classifier, names: names, channels: shape.channels)
    bias = Array(UnsafeBufferPointer(start: model.floats(names.bias), count: model.description.classes))
  }

  func read(_ label: Int, _ body: (UnsafePointer<Float>) -> Void) { rows.read(label, body) }
}
