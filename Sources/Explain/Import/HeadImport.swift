import Kernels

/// The head of a model to be, and the values that are small enough to be known before anything is written.
struct ImportedHead {
  var description: HeadDescription
  /// The fuse layer's bias where it is not another layer's: its name and values, padded to whole panels.
  var bias: (name: String, values: [Float])?
}

/// The warm start: `u = F`, and the classifier's own rows as the fuse layer of the last branch.
///
/// For networks that end in average pooling and a linear layer this is exactly Class Activation Mapping
/// (B. Zhou et al., "Learning Deep Features for Discriminative Localization", CVPR 2016).
func classActivationHead(
  _ graph: GraphBuilder, output: String, architecture: String
) throws(ImportError) -> ImportedHead {
  guard let last = graph.featureLayers.last, let classifier = graph.nodes.first(where: { $0.name == output }),
    let linear = classifier.op as? Convolution,
    let pool = graph.nodes.first(where: { $0.name == classifier.inputs[0] }), pool.op is GlobalAveragePool,
    pool.inputs == [last.node]
  else { throw .noClassActivationMapping(architecture: architecture) }
  var branches = graph.featureLayers.map { HeadDescription.Branch(node: $0.node, fuse: nil) }
  let weights = linear.weights
  branches[branches.count - 1].fuse = HeadDescription.FuseWeights(
    weight: weights.weight, scale: weights.scale, precision: linear.attributes.precision)
  return ImportedHead(description: HeadDescription(kind: .cam, branches: branches, bias: weights.bias), bias: nil)
}

/// A trained head: `branch.L.conv`, `branch.L.bn`, `fuse` and, where the rows are not all classes in order, `fuse.classes`: the
/// class of each row. L-CAM has no branches; in T-TAME a branch without tensors is the features themselves. Or the attention
/// mechanism in a checkpoint of the reference implementation, among all else that it holds: `convs.L`, `bns.L` and `fuser`.
struct TrainedHead {
  private static let epsilon = 1e-5
  let state: StateDict
  private let form: HeadForm
  /// Channels above which a branch loses its convolution.
  private let branchLimit: Int?
  /// All files that were read.
  let paths: [String]

  init(path: String, branchLimit: Int? = nil) throws(ImportError) {
    self.branchLimit = branchLimit
    let files = try WeightFiles(path: path)
    guard files.contents != .model, files.contents != .rawOutput else {
      throw .notWeights(path: path, files.contents)
    }
    paths = files.paths
    if let prefix = Self.attentionMechanism(files.tensors.keys) {
      try Self.checkVersion(files.metadata)
      state = StateDict(files, prefix: prefix, scheme: .attentionMechanism)
      form = .ttame
    } else {
      let prefix = HeadDescription.prefix
      let isPrefixed = files.tensors.keys.contains { $0.hasPrefix(prefix) }
      state = StateDict(files, prefix: isPrefixed ? prefix : "", scheme: .head)
      form = state.names.contains { $0.hasPrefix("branch.") } ? .ttame : .lcam
    }
  }

  /// What stands before the names of the attention mechanism, such as `generic.attn_mech.`; the reference has it behind
  /// another module, `attn_mech.1.`, for Vision Transformers. A checkpoint may hold it more than once.
  private static func attentionMechanism(_ names: some Sequence<String>) -> String? {
    let telltale = "fuser.weight"
    let prefixes = names.filter { $0.hasSuffix(telltale) && $0.contains("attn_mech.") }
      .map { String($0.dropLast(telltale.count)) }
    return prefixes.min { ($0.count, $0) < ($1.count, $1) }
  }

  /// Refuses the reference's variants that compute something else with tensors of the same names.
  private static func checkVersion(_ metadata: [String: String]) throws(ImportError) {
    let version = metadata["attention_version"] ?? "TAME"
    let isTransformer = metadata["model_name"]?.hasPrefix("vit") == true
    // There the patches' features are multiplied by the class token's.
    guard version == "TAME" || version == "TTAME" && !isTransformer else { throw .unsupportedHeadVersion(version) }
  }

  /// Appends the branches' nodes and the fuse layers to the graph.
  func append(to graph: inout GraphBuilder, classes: Int) throws(ImportError) -> ImportedHead {
    graph.use(state, nodePrefix: HeadDescription.prefix)
    var branches = graph.featureLayers.map { HeadDescription.Branch(node: $0.node, fuse: nil) }
    let used = branches.indices.suffix(form == .lcam ? 1 : branches.count)
    var plain: Set<String> = []
    for (index, feature) in graph.featureLayers.enumerated() where form == .ttame {
      let name = "branch.\(index)"
      let channels = graph.shape(feature.node).channels
      let isNonNegative = graph.nodes.nonNegative.contains(feature.node)
      let isPlain = isNonNegative && channels > branchLimit ?? .max
      if isPlain { plain.insert("\(name).") }
      guard !isPlain, state.contains("\(name).conv.weight") else {
        if !isNonNegative { branches[index].node = try graph.activation("\(name).relu", feature.node, .relu) }
        continue
      }
      var x = try graph.convolution(
        "\(name).conv", feature.node, outputChannels: channels, kernel: 1,
        normalization: BatchNorm(name: "\(name).bn", epsilon: Self.epsilon), bias: true)
      x = try graph.add("\(name).add", x, feature.node)
      x = try graph.activation("\(name).relu", x, .relu)
      branches[index].node = x
    }
    let rows = graph.outputs(of: "fuse.weight")
    let channels = used.map { graph.shape(branches[$0].node).channels }
    let length = channels.reduce(0, +)
    graph.require("fuse.weight", [rows, length, 1, 1])
    graph.require("fuse.bias", [rows])
    try graph.finish { name in
      (name.hasPrefix("branch.") && !plain.contains(where: name.hasPrefix))
        || (name.hasPrefix("fuse.") && name != "fuse.classes")
    }
    // A head that was trained with one logit has one map, of the positive class.
    let isBinary = rows == 1 && classes == SingleLogit.mapFactors.count && !state.contains("fuse.classes")
    let factors = isBinary ? SingleLogit.mapFactors : nil
    let rowOfClass = isBinary ? [0, 0] : try rowOfClass(rows: rows, classes: classes)
    var start = 0
    for (index, count) in zip(used, channels) {
      let columns = start..<start + count
      var layer = fuseLayer(index, columns, stride: length, rowOfClass, precision: graph.precision)
      layer.factors = factors
      graph.append(layer)
      branches[index].fuse = HeadDescription.FuseWeights(weight: layer.weight, scale: layer.scale)
      start += count
    }
    let rowBiases = try state.floats("fuse.bias")
    guard rowBiases.allSatisfy(\.isFinite) else { throw .notFinite(tensor: state.fullName("fuse.bias")) }
    let biases = rowOfClass.indices.map { index in
      rowOfClass[index].map { rowBiases[$0] * Float(factors?[index] ?? 1) } ?? 0
    }
    let padding = [Float](repeating: 0, count: PanelLayout.padded(classes) - classes)
    let description = HeadDescription(
      kind: form == .lcam ? .lcam : .ttame, branches: branches, bias: "\(HeadDescription.prefix)fuse.bias")
    return ImportedHead(description: description, bias: (name: description.bias, values: biases + padding))
  }

  private func fuseLayer(
    _ index: Int, _ columns: Range<Int>, stride: Int, _ rowOfClass: [Int?], precision: Precision
  ) -> LayerSource {
    let name = "\(HeadDescription.prefix)fuse.\(index)"
    let layout = TensorLayout(
      .dense, kernelHeight: 1, kernelWidth: 1, inputChannels: columns.count, outputChannels: rowOfClass.count,
      precision: precision)
    let weights = WeightMatrix("fuse.weight", state: state, rows: rowOfClass, stride: stride, columns: columns)
    return LayerSource(
      node: name, layout: layout, weights: weights, weight: "\(name).weight",
      scale: precision == .int8 ? "\(name).scale" : nil)
  }

  /// The row of the fuse layer that stands for each class; nil where none does and the map is zero.
  private func rowOfClass(rows: Int, classes: Int) throws(ImportError) -> [Int?] {
    guard state.contains("fuse.classes") else {
      guard rows == classes else { throw .wrongHeadClasses(rows: rows, classes: classes, indices: []) }
      return Array(0..<classes)
    }
    let indices = state.integers("fuse.classes") ?? []
    guard indices.count == rows, indices.allSatisfy((0..<classes).contains), Set(indices).count == rows else {
      throw .wrongHeadClasses(rows: rows, classes: classes, indices: indices)
    }
    var rowOfClass = [Int?](repeating: nil, count: classes)
    for (row, index) in indices.enumerated() { rowOfClass[index] = row }
    return rowOfClass
  }
}
