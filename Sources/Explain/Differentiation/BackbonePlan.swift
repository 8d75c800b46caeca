import Kernels

/// What a pass of some images through the frozen classifier, or its last layers, does: steps forward and, where the gradient is wanted, backward, and
/// where in one block of memory each reads and writes.
///
/// Weights get no gradients, so that the backward pass needs of the forward pass only the results of what clamps, and the
/// inputs of max pooling, GELU, layer normalisation and attention. Everything else is overwritten as soon as it was read.
struct BackbonePlan {
  enum Kind {
    // Forward.
    case prepare(BatchOperand)
    case convolution(BatchConvolution, panels: UnsafeRawPointer, bias: UnsafePointer<Float>, residual: Int?, Clamp)
    case depthwise(WindowGeometry, weights: UnsafePointer<Float>, bias: UnsafePointer<Float>, Clamp)
    case maxPool(WindowGeometry)
    case averagePool(Shape)
    case add(Int?, Clamp, count: Int)
    case gelu(count: Int)
    case layerNorm(Shape, epsilon: Float, weight: UnsafePointer<Float>, bias: UnsafePointer<Float>)
    case tokens(Shape, classToken: UnsafePointer<Float>, positions: UnsafePointer<Float>)
    case attention(AttentionPlan, scratch: Int)
    /// `count` elements of every image's `from`, starting at `first`.
    case extract(first: Int, count: Int, from: Int)
    // Backward; the step's input is the gradient of the operator's result.
    case clampGradient(of: Int, Clamp, count: Int)
    case convolutionGradient(ConvolutionGradient, panels: UnsafeRawPointer, columns: Int)
    case depthwiseGradient(WindowGeometry, weights: UnsafePointer<Float>)
    case maxPoolGradient(WindowGeometry, input: Int, result: Int)
    case averagePoolGradient(Shape)
    case geluGradient(input: Int, count: Int)
    case layerNormGradient(Shape, epsilon: Float, weight: UnsafePointer<Float>, input: Int)
    case attentionGradient(AttentionPlan, input: Int)
    /// Every image's `count` elements go to `first` among `to` zeros.
    case insert(first: Int, count: Int, to: Int)
  }

  struct Step {
    var kind: Kind
    var input: Int
    var output: Int
  }

  let images: Int
  private(set) var forward: [Step] = []
  private(set) var backward: [Step] = []
  private(set) var buffers: [Buffer] = []
  private(set) var arenaBytes = 0
  /// Tensors of the nodes that the caller provides, `[images, height, width, channels]`.
  private(set) var given: [String: Int] = [:]
  /// Gradients of the given nodes and of the others that are wanted.
  private(set) var gradients: [String: Int] = [:]
  /// The gradient of the logits, which the caller provides.
  private(set) var logitsGradient: Int?
  /// Tensors of the requested nodes.
  private(set) var outputs: [String: Int] = [:]

  /// - Parameters:
  ///   - outputs: nodes whose results are wanted after the forward pass.
  ///   - gradientOf: the node whose gradient with respect to the given nodes is wanted; one of the outputs.
  ///   - given: nodes whose results the caller provides; nil for the network's input.
  ///   - gradientsAt: attention nodes whose results' gradients are wanted too.
  /// - Throws: `EngineError.outOfMemory` if the weights cannot be packed.
  init(
    _ model: Model, _ layers: FrozenLayers, images: Int, outputs requested: [String], gradientOf node: String?,
    given: [String]? = nil, gradientsAt inner: [String] = [], context: ExecutionContext
  ) throws(EngineError) {
    self.images = images
    let given = given ?? [model.description.graph.input]
    var builder = BackbonePlanBuilder(model, layers, images, requested, given: given, context)
    try builder.appendForward()
    forward = builder.steps
    if let node {
      builder.steps = []
      try builder.appendBackward(from: node, keeping: given + inner)
      backward = builder.steps
      logitsGradient = builder.seed
      for name in given + inner { gradients[name] = builder.gradients[name] }
    }
    (buffers, arenaBytes) = builder.arena.plan()
    for name in given { self.given[name] = builder.tensor(name) }
    for name in requested { self.outputs[name] = builder.tensor(name) }
  }
}

/// Turns fused operations into steps.
struct BackbonePlanBuilder {
  let model: Model
  let layers: FrozenLayers
  let images: Int
  let context: ExecutionContext
  let fused: FusedGraph
  private let outputs, given: [String]
  var arena = ArenaPlanner()
  var steps: [BackbonePlan.Step] = []
  /// Steps of the forward pass, once it is complete.
  private var forwardSteps = 0
  private var tensors: [String: Int] = [:]
  private var prepared: [(name: String, form: BatchOperand, tensor: Int)] = []
  var gradients: [String: Int] = [:]
  var seed = 0

  init(
    _ model: Model, _ layers: FrozenLayers, _ images: Int, _ outputs: [String], given: [String],
    _ context: ExecutionContext
  ) {
    (self.model, self.layers, self.images, self.context) = (model, layers, images, context)
    (self.outputs, self.given) = (outputs, given)
    fused = FusedGraph(model.description.graph, outputs: Set(outputs), given: Set(given), foldsGELU: false)
  }

  var time: Int { forwardSteps + steps.count }

  func shape(_ name: String) -> Shape {
    guard let shape = model.shapes[name] else { preconditionFailure("a validated model has a shape for \(name)") }
    return shape
  }

  func tensor(_ name: String) -> Int {
    guard let tensor = tensors[name] else { preconditionFailure("\(name) is read before it is computed") }
    return tensor
  }

  mutating func allocate(floats: Int) -> Int { arena.allocate(floats * 4, at: time) }

  /// Appends a step that reads these tensors besides those of its own.
  mutating func append(_ kind: BackbonePlan.Kind, from input: Int, to output: Int, reading others: [Int] = []) {
    for tensor in [input, output] + others { arena.extend(tensor, to: time) }
    steps.append(.init(kind: kind, input: input, output: output))
  }

  // MARK: Forward

  mutating func appendForward() throws(EngineError) {
    for name in given { tensors[name] = allocate(floats: images * shape(name).count) }
    for operation in fused.operations { try append(operation) }
    for name in outputs { arena.extend(tensor(name), to: time) }
    forwardSteps = steps.count
  }

  /// A tensor in an operand's form; made by a step of its own where it is not in that form already.
  mutating func prepare(_ name: String?, _ tensor: Int, _ form: BatchOperand) -> Int {
    if form.isPlain { return tensor }
    if let name, let known = prepared.first(where: { $0.name == name && $0.form == form }) { return known.tensor }
    let operand = arena.allocate(form.byteCount, at: time)
    append(.prepare(form), from: tensor, to: operand)
    if let name { prepared.append((name, form, operand)) }
    return operand
  }

  private mutating func append(_ operation: FusedGraph.Operation) throws(EngineError) {
    let input = tensor(operation.input)
    let shape = shape(operation.name)
    if let convolution = operation.op as? Convolution {
      return try appendConvolution(operation, convolution)
    }
    let kind: BackbonePlan.Kind
    var others: [Int] = []
    switch operation.op {
    case let convolution as DepthwiseConvolution:
      let names = convolution.weights
      let geometry = geometry(convolution.window, operation)
      let taps = geometry.kernelHeight * geometry.kernelWidth
      let weights = try layers.depthwiseWeights(names, taps: taps, channels: shape.channels)
      kind = .depthwise(geometry, weights: weights, bias: model.floats(names.bias), operation.epilogue.clamp)
    case let pool as MaxPool: kind = .maxPool(geometry(pool.window, operation))
    case is GlobalAveragePool: kind = .averagePool(self.shape(operation.input))
    case let activation as Activation where activation == .gelu: kind = .gelu(count: images * shape.count)
    case let norm as LayerNorm:
      kind = .layerNorm(
        shape, epsilon: norm.epsilon, weight: model.floats(norm.weight), bias: model.floats(norm.bias))
    case let embedding as TokenEmbedding:
      kind = .tokens(
        self.shape(operation.input), classToken: model.floats(embedding.classToken),
        positions: model.floats(embedding.positions))
    case let attention as Attention:
      let plan = AttentionPlan(tokens: shape.pixels, channels: shape.channels, heads: attention.heads)
      let scratch = allocate(floats: plan.scratchFloats)
      others = [scratch]
      kind = .attention(plan, scratch: scratch)
    case is FirstToken: kind = .extract(first: 0, count: shape.count, from: self.shape(operation.input).count)
    case is ImageTokens:
      kind = .extract(first: shape.channels, count: shape.count, from: self.shape(operation.input).count)
    case is Add:
      others = [tensor(operation.node.inputs[1])]
      kind = .add(others[0], operation.epilogue.clamp, count: images * shape.count)
    case let activation as Activation:
      kind = .add(nil, activation.function.epilogue?.clamp ?? .none, count: images * shape.count)
    default: preconditionFailure("no plan for \(operation.op)")
    }
    let output = allocate(floats: images * shape.count)
    tensors[operation.name] = output
    append(kind, from: input, to: output, reading: others)
  }

  private mutating func appendConvolution(
    _ operation: FusedGraph.Operation, _ convolution: Convolution
  ) throws(EngineError) {
    let (input, shape) = (self.shape(operation.input), shape(operation.name))
    let window = convolution.window
    let form = BatchOperand(
      precision: layers.precision, images: images, height: input.height, width: input.width, channels: input.channels,
      top: window.top, left: window.left, bottom: window.bottom, right: window.right)
    let operand = prepare(operation.input, tensor(operation.input), form)
    let plan = BatchConvolution(
      operand: form, kernelHeight: window.kernelHeight, kernelWidth: window.kernelWidth, stride: window.stride,
      outputHeight: shape.height, outputWidth: shape.width, outputChannels: shape.channels, context: context)
    let node = operation.node
    let packing = PanelPacking(
      .forward, taps: window.kernelHeight * window.kernelWidth, channels: input.channels, outputs: shape.channels)
    let panels = try layers.panels(node, packing)
    let residual = operation.residual.map(tensor)
    let output = allocate(floats: images * shape.count)
    tensors[operation.name] = output
    append(
      .convolution(plan, panels: panels, bias: try layers.bias(node), residual: residual, operation.epilogue.clamp),
      from: operand, to: output, reading: residual.map { [$0] } ?? [])
  }

  func geometry(_ window: Window, _ operation: FusedGraph.Operation) -> WindowGeometry {
    let (input, output) = (shape(operation.input), shape(operation.name))
    return WindowGeometry(
      height: input.height, width: input.width, channels: input.channels, kernelHeight: window.kernelHeight,
      kernelWidth: window.kernelWidth, stride: window.stride, top: window.top, left: window.left,
      outputHeight: output.height, outputWidth: output.width)
  }
}
