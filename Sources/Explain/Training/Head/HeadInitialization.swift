import Kernels

extension HeadParameters {
  /// PyTorch's start: convolutions uniform in ±1 / sqrt(inputs), BatchNorm an identity.
  static func random(
    _ form: HeadForm, channels: [Int], classes: Int, seed: Int
  ) throws(TrainingError) -> HeadParameters {
    let length = channels.reduce(0, +)
    var stream = 0
    return try HeadParameters(form, channels: channels, classes: classes) { (name, shape) throws(TrainingError) in
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

  /// The warm start: `u = relu(F)` exactly, because BatchNorm's scale is zero, and the classifier's own rows on the last layer.
  /// `passNegatives` makes it `u = F + shift` where features may be negative.
  ///
  /// - Throws: `noWarmStart` where the network has no single linear layer that `ClassifierRows` could read.
  static func classActivation(
    _ form: HeadForm, _ model: Model, seed: Int
  ) throws(TrainingError) -> HeadParameters {
    let description = model.description
    let parameters = try random(
      form, channels: form.channels(of: model), classes: description.classes, seed: seed)
    guard let start = ClassifierRows(model) else { throw .noWarmStart(architecture: description.architecture) }
    for branch in parameters.branches {
      branch.normWeight.values = [Float](repeating: 0, count: branch.channels)
    }
    let columns = parameters.fuseColumns(parameters.channels.count - 1)
    let length = parameters.fuse.shape[1]
    parameters.fuse.values = [Float](repeating: 0, count: parameters.fuse.values.count)
    for label in 0..<description.classes {
      let first = label * length + columns.lowerBound
      parameters.fuseBias.values[label] = parameters.fuse.values.withUnsafeMutableBufferPointer {
        start.read(label, into: UnsafeMutableBufferPointer(rebasing: $0[first..<first + columns.count]))
      }
    }
    return parameters
  }

  /// Lets the last branch pass features that are not above `minima` too: BatchNorm's shift lifts them over the ReLU, and the
  /// fuse bias takes the shift out again, so that `u = F + shift` and the maps are linear in F. L-CAM has no ReLU.
  ///
  /// - Parameter minima: of each channel of the last branch.
  func passNegatives(above minima: [Float]) {
    guard let branch = branches.last else { return }
    let columns = fuseColumns(channels.count - 1)
    let length = fuse.shape[1]
    let shift = minima.map { max(0, -$0) }
    branch.normBias.values = shift
    for label in 0..<classes {
      let first = label * length + columns.lowerBound
      fuseBias.values[label] -= shift.indices.reduce(0) { $0 + shift[$1] * fuse.values[first + $1] }
    }
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

/// The classifier's last linear layer as a layer on the last features, pixel by pixel.
///
/// - Networks that end in average pooling and a linear layer: its own rows, which is Class Activation Mapping.
/// - Networks with a layer normalization between the two, as ConvNeXt: it subtracts the mean of the channels, which is linear, and
///   divides by one number for the entire image, which changes no map's order; so this is Class Activation Mapping too.
/// - Vision Transformers: the class token goes through the last block and one more layer normalisation before the linear layer. The
///   nearest thing is to read every patch's token as if it were that class token, before the last block (the "logit lens"): the last
///   features are normalised tokens, so only the scale and shift of the two normalisations have to be exchanged.
struct ClassifierRows {
  private let rows: LayerRows
  private let bias: UnsafePointer<Float>
  /// `factor * F + offset` is what the linear layer reads; nil where it reads F.
  private let exchange: [(factor: Float, offset: Float)]?
  /// Whether the mean of the channels is subtracted first.
  private let isCentered: Bool
  /// Whether features may be negative and matter all the same.
  let needsNegatives: Bool

  /// A feature whose scale is below this cannot be divided by it.
  private static let smallestScale: Float = 1e-3

  /// Nil where the network ends in another form.
  init?(_ model: Model) {
    let graph = model.description.graph
    func node(_ name: String) -> Node? { graph.nodes.first { $0.name == name } }
    guard let last = model.description.featureLayers.last, let classifier = node(graph.output),
      let linear = classifier.op as? Convolution, linear.groups == 1, let before = node(classifier.inputs[0]),
      let shape = model.shapes[last.node]
    else { return nil }
    /// What a node pools; nil where it does not pool.
    func pooled(_ name: String) -> String? { node(name).flatMap { $0.op is GlobalAveragePool ? $0.inputs[0] : nil } }
    rows = LayerRows(model, node: classifier, linear, channels: shape.channels)
    bias = model.floats(linear.weights.bias)
    switch before.op {
    case is GlobalAveragePool where before.inputs == [last.node]:
      (exchange, isCentered) = (nil, false)
    case let norm as LayerNorm where pooled(before.inputs[0]) == last.node:
      exchange = (0..<shape.channels).map { (model.floats(norm.weight)[$0], model.floats(norm.bias)[$0]) }
      isCentered = true
    case let final as LayerNorm:
      guard let image = node(last.node), image.op is ImageTokens, let source = node(image.inputs[0]),
        let norm = source.op as? LayerNorm
      else { return nil }
      exchange = (0..<shape.channels).map { c in
        let scale = model.floats(norm.weight)[c]
        let factor = abs(scale) < Self.smallestScale ? 0 : model.floats(final.weight)[c] / scale
        return (factor, model.floats(final.bias)[c] - model.floats(norm.bias)[c] * factor)
      }
      isCentered = false
    default: return nil
    }
    needsNegatives = !graph.nodes.nonNegative.contains(last.node)
  }

  /// Writes a class's weights on the last features; returns its bias.
  func read(_ label: Int, into row: UnsafeMutableBufferPointer<Float>) -> Float {
    var sum = bias[label]
    rows.read(label) { weights in
      for c in row.indices {
        row[c] = weights[c] * (exchange?[c].factor ?? 1)
        sum += weights[c] * (exchange?[c].offset ?? 0)
      }
    }
    if isCentered {
      let mean = row.reduce(0, +) / Float(row.count)
      for c in row.indices { row[c] -= mean }
    }
    return sum
  }
}
