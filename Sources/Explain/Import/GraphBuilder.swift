import Kernels

/// How a window is padded.
enum Padding {
  /// The same on all four sides.
  case symmetric(Int)
  /// TensorFlow's "SAME": the output has ceil(input / stride) pixels, odd padding goes to the bottom and right.
  case same
}

/// Builds a graph layer by layer from a state dict, the way an architecture's `forward` reads.
///
/// Every layer is checked against the weights at once. Missing tensors do not stop the building, so that `finish()` can
/// name all of them.
struct GraphBuilder {
  /// Where weights are looked up.
  private(set) var state: StateDict
  /// Stands before the names of nodes and stored tensors, not before those of the state dict.
  private var nodePrefix = ""
  let precision: Precision
  /// Layers that are stored in Float, whatever the precision of the others.
  var floatLayers = LayerPatterns([])
  /// Name of the network's input.
  let input = "input"
  let inputShape: Shape
  private(set) var nodes: [Node] = []
  private(set) var shapes: [String: Shape]
  private(set) var layers: [LayerSource] = []
  private var inputsOfNode: [String: [String]] = [:]
  /// Places in `layers`.
  private var layerOfNode: [String: Int] = [:]
  private(set) var parameters: [ParameterSource] = []
  var featureLayers: [FeatureLayer] = []
  private var used: Set<String> = []
  private var missing: [String] = []
  private var problem: ImportError?

  init(state: StateDict, inputShape: Shape, precision: Precision) {
    self.state = state
    self.precision = precision
    self.inputShape = inputShape
    shapes = [input: inputShape]
  }

  /// Continues a graph that is complete but for what `state` adds.
  init(
    continuing graph: Graph, shapes: [String: Shape], featureLayers: [FeatureLayer], state: StateDict,
    precision: Precision
  ) {
    self.init(state: state, inputShape: graph.inputShape, precision: precision)
    nodes = graph.nodes
    self.shapes = shapes
    self.featureLayers = featureLayers
  }

  /// Gives the convolutions of these nodes the means of their inputs, to correct biases with.
  mutating func setInputMeans(_ means: [String: [Double]]) {
    for index in layers.indices { layers[index].inputMeans = means[layers[index].node] }
  }

  /// Adds a dense convolution with the weights `name.weight`, and `name.bias` where it is not normalised.
  ///
  /// - Parameters:
  ///   - groups: of channels that are convolved by themselves.
  ///   - normalization: the BatchNorm behind it, folded in.
  ///   - bias: whether the convolution has its own bias; by default exactly if it is not normalised.
  ///   - otherShape: another shape in which the same weights may be stored.
  mutating func convolution(
    _ name: String, _ input: String, outputChannels: Int, kernel: Int, stride: Int = 1,
    padding: Padding = .symmetric(0), dilation: Int = 1, groups: Int = 1, normalization: BatchNorm?, bias: Bool? = nil,
    otherShape: [Int]? = nil
  ) throws(ImportError) -> String {
    let window = window(kernel, stride, padding, dilation, over: shape(input))
    return try layer(
      .dense, name, input, window, outputs: outputChannels, normalization,
      groups: groups,
      weight: "\(name).weight", [outputChannels, shape(input).channels / max(1, groups), kernel, kernel],
      or: otherShape,
      bias: bias ?? (normalization == nil) ? "\(name).bias" : nil)
  }

  /// Adds a depthwise convolution with the weights `name.weight` `[channels, 1, kernel, kernel]`.
  mutating func depthwiseConvolution(
    _ name: String, _ input: String, kernel: Int, stride: Int = 1, padding: Padding, dilation: Int = 1,
    normalization: BatchNorm?
  ) throws(ImportError) -> String {
    let channels = shape(input).channels
    let window = window(kernel, stride, padding, dilation, over: shape(input))
    return try layer(
      .depthwise, name, input, window, outputs: channels, normalization,
      weight: "\(name).weight", [channels, 1, kernel, kernel], bias: normalization == nil ? "\(name).bias" : nil)
  }

  /// Adds a linear layer, of every pixel or token, with the weights `name.weight` `[outputs, inputs]` and `name.bias`.
  ///
  /// - Parameters:
  ///   - otherShape: another shape in which the same weights may be stored.
  ///   - weight: name of the weights, if it is not `name.weight`.
  ///   - bias: name of the bias, if it is not `name.bias`.
  mutating func linear(
    _ name: String, _ input: String, outputs: Int, otherShape: [Int]? = nil, weight: String? = nil, bias: String? = nil
  ) throws(ImportError) -> String {
    try layer(
      .dense, name, input, Window(kernel: 1), outputs: outputs, nil,
      weight: weight ?? "\(name).weight", [outputs, shape(input).channels], or: otherShape,
      bias: bias ?? "\(name).bias")
  }

  mutating func activation(_ name: String, _ input: String, _ function: Activation) throws(ImportError) -> String {
    try append(name, function, [input])
  }

  mutating func add(_ name: String, _ first: String, _ second: String) throws(ImportError) -> String {
    try append(name, Add(), [first, second])
  }

  /// Adds the product of an image and a factor for each channel, or of two tensors of one shape.
  mutating func multiply(_ name: String, _ input: String, _ factors: String) throws(ImportError) -> String {
    try append(name, Multiply(), [input, factors])
  }

  /// Adds an image of the channels of both.
  mutating func concatenate(_ name: String, _ first: String, _ second: String) throws(ImportError) -> String {
    try append(name, Concat(), [first, second])
  }

  mutating func maxPool(
    _ name: String, _ input: String, kernel: Int, stride: Int, padding: Padding
  ) throws(ImportError) -> String {
    try append(name, MaxPool(window(kernel, stride, padding, over: shape(input))), [input])
  }

  /// Adds the mean over each window, which does not count padding.
  mutating func averagePool(
    _ name: String, _ input: String, kernel: Int, stride: Int, padding: Padding
  ) throws(ImportError) -> String {
    try append(name, AveragePool(window(kernel, stride, padding, over: shape(input)), countsPadding: false), [input])
  }

  mutating func globalAveragePool(_ name: String, _ input: String) throws(ImportError) -> String {
    try append(name, GlobalAveragePool(), [input])
  }

  /// Marks the output of `node` as a layer that the head reads.
  mutating func feature(_ name: String, node: String) {
    featureLayers.append(FeatureLayer(name: name, node: node))
  }

  /// Prepares the correction of biases by what BatchNorm tells about the inputs of each layer.
  mutating func expectActivations() throws(ImportError) {
    let expected = try ExpectedActivations(nodes, layers: layers, input: input, inputShape)
    let inputs = Dictionary(nodes.map { ($0.name, $0.inputs[0]) }, uniquingKeysWith: { first, _ in first })
    for index in layers.indices {
      layers[index].inputMeans = inputs[layers[index].node].flatMap(expected.means)
    }
  }

  /// Has the dense layers that read the network's input see pixels.
  mutating func readPixels(_ levels: PixelLevels) {
    let readers = Set(nodes.filter { $0.inputs == [input] }.map(\.name))
    for index in layers.indices
    where readers.contains(layers[index].node) && layers[index].layout.kind == .dense
      && layers[index].layout.precision == .int8
    {
      layers[index].pixels = levels
    }
  }

  /// Tells the layers behind an average pool that their inputs are nearly constant.
  mutating func markPooledInputs() {
    let pools = Set(nodes.filter { $0.op is GlobalAveragePool }.map(\.name))
    let readers = Set(nodes.filter { $0.inputs.allSatisfy(pools.contains) }.map(\.name))
    for index in layers.indices where readers.contains(layers[index].node) { layers[index].rounding = .pooled }
  }

  /// Replaces the layer of a node by one with another number of outputs.
  mutating func replace(_ layer: LayerSource, outputs: Int) {
    for index in layers.indices where layers[index].node == layer.node { layers[index] = layer }
    for index in nodes.indices where nodes[index].name == layer.node {
      guard var convolution = nodes[index].op as? Convolution else { continue }
      convolution.outputChannels = outputs
      nodes[index].op = convolution
      shapes[layer.node]?.channels = outputs
    }
  }

  /// Adds a layer's source without a node, for weights that only the head reads.
  mutating func append(_ layer: LayerSource) { layers.append(layer) }

  /// Continues with the weights of another state dict; nodes get `nodePrefix` before their names there.
  mutating func use(_ state: StateDict, nodePrefix: String) {
    self.state = state
    self.nodePrefix = nodePrefix
    used = []
  }

  /// Makes a tensor known to layers that are added later.
  mutating func insert(_ tensor: any WeightTensor, as name: String) { state.insert(tensor, as: name) }

  /// Drops the other nodes, and the layers that hold their weights.
  mutating func keepNodes(_ isKept: (Node) -> Bool) {
    nodes = nodes.filter(isKept)
    let names = Set(nodes.map(\.name))
    layers = layers.filter { names.contains($0.node) }
    layerOfNode = Dictionary(layers.enumerated().map { ($1.node, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// Has the nodes be others, in an order in which inputs come first.
  mutating func setNodes(_ nodes: [Node]) throws(ImportError) {
    shapes = [input: inputShape]
    for node in nodes {
      do { shapes[node.name] = try node.outputShape(node.inputs.map(shape)) } catch { throw .graph(error) }
    }
    self.nodes = nodes
    inputsOfNode = Dictionary(nodes.map { ($0.name, $0.inputs) }, uniquingKeysWith: { first, _ in first })
  }

  /// What a node reads.
  func inputs(of node: String) -> [String] { inputsOfNode[node] ?? [] }

  /// The weights of a node; nil where it has none.
  func layer(of node: String) -> LayerSource? { layerOfNode[node].map { layers[$0] } }

  /// Has each output channel of a node read a row of its weights and bias, multiplied by a factor.
  mutating func setRows(_ rows: [Int], factors: [Double], of node: String) {
    guard let index = layerOfNode[node] else { return }
    layers[index].weights.rows = rows
    layers[index].factors = factors
  }

  /// Output channels of the layer whose weight this is, or 1 if the tensor is missing (which `finish()` reports).
  func outputs(of weight: String) -> Int { max(state.shape(weight)?.first ?? 1, 1) }

  /// Reports what is missing, malformed or left over of the current state dict.
  ///
  /// - Parameter isOurs: which of its tensors have to be used. Counters that only training needs never have to.
  func finish(_ isOurs: (String) -> Bool = { _ in true }) throws(ImportError) {
    guard missing.isEmpty else { throw .missingTensors(missing) }
    if let problem { throw problem }
    let unexpected = state.names.filter {
      !used.contains($0) && !$0.hasSuffix("num_batches_tracked") && isOurs($0)
    }
    let names = unexpected.map(state.fullName) + state.clashes
    guard names.isEmpty else { throw .unexpectedTensors(names) }
  }
}

extension GraphBuilder {
  /// Shape of a node added before.
  func shape(_ node: String) -> Shape {
    guard let shape = shapes[node] else { preconditionFailure("no node \(node) yet") }
    return shape
  }

  /// Adds a node; the prefix goes before its name.
  mutating func append(_ name: String, _ op: any GraphOperator, _ inputs: [String]) throws(ImportError) -> String {
    let node = Node(nodePrefix + name, op, inputs)
    precondition(shapes[node.name] == nil, "two nodes are named \(node.name)")
    do { shapes[node.name] = try node.outputShape(node.inputs.map(shape)) } catch { throw .graph(error) }
    nodes.append(node)
    inputsOfNode[node.name] = node.inputs
    return node.name
  }

  /// - Parameter biasCount: elements of the bias where some of them belong to no output.
  mutating func layer(
    _ kind: TensorLayout.Kind, _ name: String, _ input: String, _ window: Window, outputs: Int,
    _ normalization: BatchNorm?, groups: Int = 1, weight: String, _ shape: [Int], or otherShape: [Int]? = nil,
    bias: String?, biasCount: Int? = nil
  ) throws(ImportError) -> String {
    let stored = nodePrefix + name
    let keepsFloat = floatLayers.match(stored) && precision != .float32
    let isInt8 = precision == .int8 && !keepsFloat
    let ownPrecision: Precision? = keepsFloat ? .float32 : nil
    let names = WeightNames(
      weight: "\(stored).weight", scale: isInt8 ? "\(stored).scale" : nil, bias: "\(stored).bias",
      columnSums: isInt8 && kind == .dense ? "\(stored).column_sums" : nil)
    let op: any GraphOperator =
      switch kind {
      case .dense:
        Convolution(
          window: window, outputChannels: outputs, groups: groups, weights: names, precision: ownPrecision)
      case .depthwise:
        DepthwiseConvolution(window: window, outputChannels: outputs, weights: names, precision: ownPrecision)
      }
    let node = try append(name, op, [input])
    require(weight, shape, or: otherShape)
    if let bias { require(bias, [biasCount ?? outputs]) }
    if let normalization {
      for tensor in [normalization.weight, normalization.bias, normalization.mean, normalization.variance] {
        require(tensor, [outputs])
      }
    }
    let layout = TensorLayout(
      kind, kernelHeight: window.kernelHeight, kernelWidth: window.kernelWidth,
      inputChannels: self.shape(input).channels, outputChannels: outputs, groups: groups,
      precision: ownPrecision ?? precision)
    let matrix = WeightMatrix(weight, state: state, outputs: outputs, length: shape.dropFirst().reduce(1, *))
    layerOfNode[node] = layers.count
    layers.append(
      LayerSource(
        node: node, layout: layout, weights: matrix, convolutionBias: bias, normalization: normalization,
        weight: names.weight, scale: names.scale, bias: names.bias,
        columnSums: names.columnSums))
    return node
  }

  /// Adds a tensor that is stored as it is; returns its name in the model.
  mutating func parameter(
    _ tensor: String, _ shape: [Int], or otherShape: [Int]? = nil, storedShape: [Int]
  ) -> String {
    require(tensor, shape, or: otherShape)
    let name = nodePrefix + tensor
    parameters.append(ParameterSource(name: name, shape: storedShape, tensor: tensor, state: state))
    return name
  }

  /// Notes that a tensor is used, and what is wrong with it.
  mutating func require(_ tensor: String, _ shape: [Int], or otherShape: [Int]? = nil) {
    used.insert(tensor)
    guard let found = state.shape(tensor), let dtype = state.dtype(tensor) else {
      missing += state.missing(tensor)
      return
    }
    if found != shape && found != otherShape {
      problem = problem ?? .wrongShape(tensor: state.fullName(tensor), expected: shape, found: found)
    } else if !dtype.widensToFloat {
      problem = problem ?? .notFloating(tensor: state.fullName(tensor), dtype: dtype)
    }
  }

  private func window(
    _ kernel: Int, _ stride: Int, _ padding: Padding, _ dilation: Int = 1, over input: Shape
  ) -> Window {
    switch padding {
    case .symmetric(let padding):
      return Window(kernel: kernel, stride: stride, padding: padding, dilation: dilation)
    case .same:
      let extent = (kernel - 1) * dilation + 1
      let vertical = Self.samePadding(input.height, extent, stride)
      let horizontal = Self.samePadding(input.width, extent, stride)
      return Window(
        kernelHeight: kernel, kernelWidth: kernel, stride: stride, top: vertical / 2, left: horizontal / 2,
        bottom: vertical - vertical / 2, right: horizontal - horizontal / 2, dilationHeight: dilation,
        dilationWidth: dilation)
    }
  }

  /// Padding of both sides together.
  static func samePadding(_ size: Int, _ extent: Int, _ stride: Int) -> Int {
    max(((size + stride - 1) / stride - 1) * stride + extent - size, 0)
  }
}
