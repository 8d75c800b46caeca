import Kernels

/// Plans passes of some images in Float, forward and backward.
struct BatchPlanner: ForwardPlanner {
  let model: Model
  let layers: FloatLayers
  let images: Int
  let context: ExecutionContext
  private let fused: FusedGraph
  private let outputs, given: [String]
  private(set) var arena = ArenaPlanner()
  var steps: [BackbonePlan.PlannedStep] = []
  /// Steps of the forward pass, once it is complete.
  private var forwardSteps = 0
  private var tensors: [String: Int] = [:]
  private var prepared: [(name: String, form: PreparedInput, tensor: Int)] = []
  private(set) var gradients: [String: Int] = [:]
  private(set) var seed = 0

  init(
    _ model: Model, _ layers: FloatLayers, _ images: Int, _ outputs: [String], given: [String],
    _ context: ExecutionContext
  ) {
    (self.model, self.layers, self.images, self.context) = (model, layers, images, context)
    (self.outputs, self.given) = (outputs, given)
    fused = FusedGraph(model.description.graph, outputs: Set(outputs), given: Set(given), foldsFunctions: false)
  }

  private var time: Int { forwardSteps + steps.count }

  func tensor(_ name: String) -> Int {
    guard let tensor = tensors[name] else { preconditionFailure("\(name) is read before it is computed") }
    return tensor
  }

  mutating func allocate(floats: Int) -> Int { arena.allocate(floats * MemoryLayout<Float>.size, at: time) }

  /// Appends a step that reads these tensors besides those of its own.
  ///
  /// - Parameter output: nil for a step that writes to tensors of its own.
  mutating func append(_ step: any Step, from input: Int, to output: Int? = nil, reading others: [Int] = []) {
    for tensor in [input, output].compactMap(\.self) + others { arena.extend(tensor, to: time) }
    steps.append(.init(body: step, place: StepPlace(input: input, output: output)))
  }

  /// A tensor in an operand's form; made by a step of its own where it is not in that form already.
  ///
  /// - Parameter name: of the result, which is prepared only once; nil for a tensor that is no result.
  mutating func prepare(_ name: String?, _ tensor: Int, _ form: PreparedInput) -> Int {
    if form.isPlain { return tensor }
    if let name, let known = prepared.first(where: { $0.name == name && $0.form == form }) { return known.tensor }
    let operand = arena.allocate(form.byteCount(context.kernels.activationFormat), at: time)
    append(BatchPrepareStep(form: form), from: tensor, to: operand)
    if let name { prepared.append((name, form, operand)) }
    return operand
  }
}

extension BatchPlanner {
  mutating func appendForward() throws(EngineError) {
    for name in given { tensors[name] = allocate(floats: images * shape(name).count) }
    for operation in fused.operations { try operation.op.plan(operation, &self) }
    for name in outputs { arena.extend(tensor(name), to: time) }
    forwardSteps = steps.count
  }

  mutating func append(
    _ operation: FusedGraph.Operation, _ step: any ForwardStep, from inputs: [Int], canQuantize: Bool
  ) {
    append(operation, step, from: inputs)
  }

  /// Appends a step that reads these tensors, the first of which is its input.
  mutating func append(_ operation: FusedGraph.Operation, _ step: any Step, from inputs: [Int]) {
    let output = allocate(floats: images * shape(operation.name).count)
    tensors[operation.name] = output
    append(step, from: inputs[0], to: output, reading: inputs)
  }

  mutating func append(_ convolution: DepthwiseConvolution, _ operation: FusedGraph.Operation) throws(EngineError) {
    let weights = DepthwiseWeights(
      levels: nil, floats: try weights(convolution), scale: nil, bias: model.floats(convolution.weights.bias))
    let plan = DepthwisePlan(
      geometry(convolution.window, operation), weights: weights, threads: context.pool.threads)
    append(operation, DepthwiseStep(plan: plan, clamp: operation.epilogue.clamp))
  }

  /// `[taps, channels rounded up to 16]`.
  func weights(_ convolution: DepthwiseConvolution) throws(EngineError) -> UnsafePointer<Float> {
    try layers.depthwiseWeights(
      convolution.weights, taps: convolution.window.area, channels: convolution.outputChannels)
  }
}

/// The backward pass: operations in reverse, each turning the gradient of its result into those of its inputs.
extension BatchPlanner {
  /// - Parameter kept: nodes whose gradients are read when all is done.
  mutating func appendBackward(from node: String, keeping kept: [String]) throws(EngineError) {
    seed = allocate(floats: images * shape(node).count)
    gradients[node] = seed
    for operation in fused.operations.reversed() {
      guard let gradient = gradients[operation.name] else { continue }
      let clamp = operation.epilogue.clamp
      if clamp != .none {
        let result = tensor(operation.name)
        let step = ClampGradientStep(clamp: clamp, result: result, count: shape(operation.name).count)
        append(step, from: gradient, to: gradient, reading: [result])
      }
      try operation.op.gradient(operation, gradient, &self)
      if let residual = operation.residual { pass(gradient, to: residual) }
    }
    for name in kept {
      if let gradient = gradients[name] { arena.extend(gradient, to: time) }
    }
  }

  /// Appends a step that writes the gradient of `name`, or adds to it if there is one already.
  mutating func contribute(
    _ step: any Step, from gradient: Int, to name: String, reading others: [Int] = []
  ) {
    let result = allocate(floats: images * shape(name).count)
    append(step, from: gradient, to: result, reading: others)
    pass(result, to: name)
  }

  /// Appends a step that turns `gradient` in place into that of `name`.
  mutating func replace(_ gradient: Int, by step: any Step, of name: String, reading tensor: Int) {
    append(step, from: gradient, to: gradient, reading: [tensor])
    pass(gradient, to: name)
  }

  /// Hands a gradient over to `name`, or adds it to the one that is there.
  mutating func pass(_ gradient: Int, to name: String) {
    guard let known = gradients[name] else {
      gradients[name] = gradient
      return
    }
    let step = AddStep(other: gradient, clamp: .none, count: shape(name).count)
    append(step, from: known, to: known, reading: [gradient])
  }
}
