import Kernels

/// What an engine does for one image: steps in order, and where in the arena each reads and writes.
struct ExecutionPlan {
  enum Kind {
    /// Quantizes or pads a tensor for the convolutions that read it.
    case prepare(PreparedInput, scales: Int)
    case convolution(ConvolutionPlan, DenseWeights, scales: Int, residual: Int?, Clamp)
    case depthwise(WindowGeometry, DepthwiseWeights, Clamp)
    case maxPool(WindowGeometry)
    case globalAveragePool(Shape)
    /// Sum and clamp; without a second operand the clamp alone.
    case add(Int?, Clamp, count: Int)
    case gelu(count: Int)
    case layerNorm(Shape, epsilon: Float, weight: UnsafePointer<Float>, bias: UnsafePointer<Float>)
    case tokens(Shape, classToken: UnsafePointer<Float>, positions: UnsafePointer<Float>)
    case attention(AttentionPlan, scratch: Int)
    /// Some consecutive elements of the input.
    case copy(first: Int, count: Int)
  }

  struct Step {
    /// The node whose result the step writes, or prepares.
    var name: String
    var kind: Kind
    var input: Int
    var output: Int
  }

  private(set) var steps: [Step] = []
  private(set) var buffers: [Buffer] = []
  private(set) var arenaBytes = 0
  /// The network's input.
  private(set) var input = 0
  /// Tensors of the requested nodes.
  private(set) var outputs: [String: Int] = [:]

  init(_ model: Model, outputs requested: [String], context: ExecutionContext) {
    var builder = Builder(model: model, context: context, outputs: Set(requested))
    builder.build()
    steps = builder.steps
    (buffers, arenaBytes) = builder.arena.plan()
    input = builder.tensors[model.description.graph.input] ?? 0
    for name in requested { outputs[name] = builder.tensors[name] }
  }
}

/// Turns fused operations into steps.
private struct Builder {
  let model: Model
  let context: ExecutionContext
  let outputs: Set<String>
  let fused: FusedGraph
  var arena = ArenaPlanner()
  var steps: [ExecutionPlan.Step] = []
  /// Arena tensors of results, by node.
  var tensors: [String: Int] = [:]
  /// Prepared forms of results: the arena tensors of levels and scales.
  private var prepared: [PreparedKey: (form: PreparedInput, levels: Int, scales: Int)] = [:]
  /// The widest padding that any convolution wants around a result.
  private var paddings: [PreparedKey: Window] = [:]

  private struct PreparedKey: Hashable {
    var name: String
    var mergesPixels: Bool
  }

  init(model: Model, context: ExecutionContext, outputs: Set<String>) {
    self.model = model
    self.context = context
    self.outputs = outputs
    fused = FusedGraph(model.description.graph, outputs: outputs)
  }

  mutating func build() {
    let graph = model.description.graph
    collectPaddings()
    tensors[graph.input] = arena.allocate(graph.inputShape.count * MemoryLayout<Float>.size, at: 0)
    for operation in fused.operations { append(operation) }
    for name in outputs {
      if let tensor = tensors[name] { arena.extend(tensor, to: steps.count) }
    }
  }

  private func shape(_ name: String) -> Shape {
    guard let shape = model.shapes[name] else { preconditionFailure("a validated model has a shape for \(name)") }
    return shape
  }

  private func tensor(_ name: String) -> Int {
    guard let tensor = tensors[name] else { preconditionFailure("\(name) is read before it is computed") }
    return tensor
  }

  // MARK: Prepared inputs

  private func layout(_ convolution: Convolution, _ input: String) -> ReductionLayout {
    ReductionLayout(
      kernelHeight: convolution.window.kernelHeight, kernelWidth: convolution.window.kernelWidth,
      channels: shape(input).channels)
  }

  private mutating func collectPaddings() {
    for operation in fused.operations {
      guard case .convolution(let convolution, _) = operation.op else { continue }
      let key = PreparedKey(
        name: operation.input, mergesPixels: layout(convolution, operation.input).mergesPixels)
      let window = convolution.window
      var widest = paddings[key] ?? window
      widest.top = max(widest.top, window.top)
      widest.left = max(widest.left, window.left)
      widest.bottom = max(widest.bottom, window.bottom)
      widest.right = max(widest.right, window.right)
      paddings[key] = widest
    }
  }

  /// The prepared form of `name`, made by a step of its own the first time it is asked for.
  private mutating func prepare(
    _ name: String, _ layout: ReductionLayout
  ) -> (form: PreparedInput, levels: Int, scales: Int) {
    let key = PreparedKey(name: name, mergesPixels: layout.mergesPixels)
    if let known = prepared[key] { return known }
    let shape = shape(name)
    let isSigned = !fused.nonNegative.contains(name)
    let element: PreparedInput.Element =
      switch model.description.precision {
      case .float32: .float
      case .int8 where name == model.description.graph.input: .pixels(model.description.preprocessing.pixelLevels)
      case .int8: layout.mergesPixels ? .quantizedWithOneScale(isSigned: isSigned) : .quantized(isSigned: isSigned)
      }
    let padding = paddings[key] ?? Window(kernel: 1)
    let form = PreparedInput(
      element: element, height: shape.height, width: shape.width, channels: shape.channels, top: padding.top,
      left: padding.left, bottom: padding.bottom, right: padding.right)
    if form.isPlain { return (form, tensor(name), tensor(name)) }
    let step = steps.count
    let levels = arena.allocate(form.byteCount(context.kernels.activationFormat), at: step)
    let scales = arena.allocate(max(1, form.scaleCount) * MemoryLayout<Float>.size, at: step)
    arena.extend(tensor(name), to: step)
    steps.append(.init(name: name, kind: .prepare(form, scales: scales), input: tensor(name), output: levels))
    prepared[key] = (form, levels, scales)
    return (form, levels, scales)
  }

  // MARK: Operators

  private mutating func append(_ operation: FusedGraph.Operation) {
    let outputShape = shape(operation.name)
    switch operation.op {
    case .convolution(let convolution, let names):
      let layout = layout(convolution, operation.input)
      let (form, levels, scales) = prepare(operation.input, layout)
      let plan = ConvolutionPlan(
        input: form, layout: layout, stride: convolution.window.stride, top: convolution.window.top,
        left: convolution.window.left, outputHeight: outputShape.height, outputWidth: outputShape.width,
        outputChannels: outputShape.channels, context: context)
      append(
        operation,
        .convolution(
          plan, denseWeights(names), scales: scales, residual: operation.residual.map(tensor), operation.clamp),
        reading: [levels, scales] + (operation.residual.map { [tensor($0)] } ?? []))
    case .depthwiseConvolution(let convolution, let names):
      append(
        operation,
        .depthwise(geometry(convolution.window, operation), depthwiseWeights(names), operation.clamp),
        reading: [tensor(operation.input)])
    case .maxPool(let window):
      append(operation, .maxPool(geometry(window, operation)), reading: [tensor(operation.input)])
    case .globalAveragePool:
      append(operation, .globalAveragePool(shape(operation.input)), reading: [tensor(operation.input)])
    case .activation(.gelu):
      append(operation, .gelu(count: outputShape.count), reading: [tensor(operation.input)])
    case .layerNorm(let norm):
      append(
        operation,
        .layerNorm(
          outputShape, epsilon: norm.epsilon, weight: model.floats(norm.weight), bias: model.floats(norm.bias)),
        reading: [tensor(operation.input)])
    case .tokens(let embedding):
      append(
        operation,
        .tokens(
          shape(operation.input), classToken: model.floats(embedding.classToken),
          positions: model.floats(embedding.positions)),
        reading: [tensor(operation.input)])
    case .attention(let attention):
      let plan = AttentionPlan(tokens: outputShape.pixels, channels: outputShape.channels, heads: attention.heads)
      let scratch = arena.allocate(plan.scratchFloats * MemoryLayout<Float>.size, at: steps.count)
      append(operation, .attention(plan, scratch: scratch), reading: [tensor(operation.input)])
    case .firstToken:
      append(operation, .copy(first: 0, count: outputShape.count), reading: [tensor(operation.input)])
    case .imageTokens:
      let first = outputShape.channels
      append(operation, .copy(first: first, count: outputShape.count), reading: [tensor(operation.input)])
    case .add, .activation:
      let other = operation.residual.map(tensor)
      append(
        operation, .add(other, operation.clamp, count: outputShape.count),
        reading: [tensor(operation.input)] + (other.map { [$0] } ?? []))
    }
  }

  private mutating func append(
    _ operation: FusedGraph.Operation, _ kind: ExecutionPlan.Kind, reading inputs: [Int]
  ) {
    let step = steps.count
    for input in inputs { arena.extend(input, to: step) }
    let output = arena.allocate(shape(operation.name).count * MemoryLayout<Float>.size, at: step)
    tensors[operation.name] = output
    steps.append(.init(name: operation.name, kind: kind, input: inputs[0], output: output))
  }

  private func geometry(_ window: Window, _ operation: FusedGraph.Operation) -> WindowGeometry {
    let (input, output) = (shape(operation.input), shape(operation.name))
    return WindowGeometry(
      height: input.height, width: input.width, channels: input.channels, kernelHeight: window.kernelHeight,
      kernelWidth: window.kernelWidth, stride: window.stride, top: window.top, left: window.left,
      outputHeight: output.height, outputWidth: output.width)
  }

  private func denseWeights(_ names: WeightNames) -> DenseWeights {
    DenseWeights(
      panels: model.description.precision == .int8
        ? UnsafeRawPointer(model.int8(names.weight)) : UnsafeRawPointer(model.floats(names.weight)),
      scale: names.scale.map(model.floats), bias: model.floats(names.bias),
      columnSums: names.columnSums.map(model.int32s))
  }

  private func depthwiseWeights(_ names: WeightNames) -> DepthwiseWeights {
    let isInt8 = model.description.precision == .int8
    return DepthwiseWeights(
      levels: isInt8 ? model.int8(names.weight) : nil, floats: isInt8 ? nil : model.floats(names.weight),
      scale: names.scale.map(model.floats), bias: model.floats(names.bias))
  }
}
