import Kernels

/// What an engine does for one image: steps in order, and where in the arena each reads and writes.
struct ExecutionPlan {
  enum Kind {
    /// Quantizes or pads a tensor for the convolutions that read it, where no other step could do so on its way.
    case prepare(PreparedInput)
    case convolution(ConvolutionPlan, DenseWeights, scales: Int, residual: Addend?, Epilogue)
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

  /// A convolution's residual: the tensor of Floats, or the quantized form that other convolutions read anyway.
  enum Addend {
    case float(Int)
    case quantized(Prepared)

    fileprivate var tensors: [Int] {
      switch self {
      case .float(let tensor): [tensor]
      case .quantized(let prepared): [prepared.levels, prepared.scales]
      }
    }
  }

  /// A tensor in the form that convolutions read.
  struct Prepared {
    var form: PreparedInput
    var levels, scales: Int
  }

  struct Step {
    /// The node whose result the step writes, or prepares.
    var name: String
    var kind: Kind
    var input: Int
    /// The result in Float, where somebody reads it so.
    var output: Int?
    /// The result as convolutions read it.
    var prepared: Prepared?
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
  private var prepared: [PreparedKey: ExecutionPlan.Prepared] = [:]
  /// The widest padding that any convolution wants around a result.
  private var paddings: [PreparedKey: Window] = [:]
  /// Results that somebody reads in Float.
  private var floatResults: Set<String> = []

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
    collectReaders()
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

  private mutating func collectReaders() {
    floatResults = outputs
    for operation in fused.operations {
      guard let convolution = operation.op as? Convolution else {
        floatResults.formUnion(operation.node.inputs)
        continue
      }
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
    for operation in fused.operations {
      guard let residual = operation.residual else { continue }
      if operation.op is Convolution, formWhileWriting(residual)?.isResidual == true { continue }
      floatResults.insert(residual)
    }
  }

  private func addend(_ name: String) -> ExecutionPlan.Addend {
    if let known = prepared[PreparedKey(name: name, mergesPixels: false)], known.form.isResidual {
      return .quantized(known)
    }
    return .float(tensor(name))
  }

  /// The form in which convolutions read a result; nil if none does.
  private func form(_ key: PreparedKey) -> PreparedInput? {
    guard let padding = paddings[key] else { return nil }
    let shape = shape(key.name)
    let isSigned = !fused.nonNegative.contains(key.name)
    let element: PreparedInput.Element =
      switch model.description.precision {
      case .float32: .float
      case .int8 where key.name == model.description.graph.input:
        .pixels(model.description.preprocessing.pixelLevels)
      case .int8 where key.mergesPixels: .quantizedWithOneScale(isSigned: isSigned)
      case .int8: .quantized(isSigned: isSigned)
      }
    return PreparedInput(
      element: element, height: shape.height, width: shape.width, channels: shape.channels, top: padding.top,
      left: padding.left, bottom: padding.bottom, right: padding.right)
  }

  /// The form that a step can give its result while it writes it.
  private func formWhileWriting(_ name: String) -> PreparedInput? {
    model.description.precision == .int8 ? form(PreparedKey(name: name, mergesPixels: false)) : nil
  }

  private mutating func allocate(_ form: PreparedInput) -> ExecutionPlan.Prepared {
    ExecutionPlan.Prepared(
      form: form, levels: arena.allocate(form.byteCount(context.kernels.activationFormat), at: steps.count),
      scales: arena.allocate(max(1, form.scaleCount) * MemoryLayout<Float>.size, at: steps.count))
  }

  /// The prepared form of `name`, made by a step of its own if it isn't there yet.
  private mutating func prepare(_ name: String, _ layout: ReductionLayout) -> ExecutionPlan.Prepared {
    let key = PreparedKey(name: name, mergesPixels: layout.mergesPixels)
    if let known = prepared[key] { return known }
    guard let form = form(key) else { preconditionFailure("\(name) is read by no convolution") }
    if form.isPlain { return .init(form: form, levels: tensor(name), scales: tensor(name)) }
    let made = allocate(form)
    arena.extend(tensor(name), to: steps.count)
    steps.append(.init(name: name, kind: .prepare(form), input: tensor(name), prepared: made))
    prepared[key] = made
    return made
  }

  // MARK: Operators

  private mutating func append(_ operation: FusedGraph.Operation) {
    let outputShape = shape(operation.name)
    switch operation.op {
    case let convolution as Convolution:
      let layout = layout(convolution, operation.input)
      let input = prepare(operation.input, layout)
      let plan = ConvolutionPlan(
        input: input.form, layout: layout, stride: convolution.window.stride, top: convolution.window.top,
        left: convolution.window.left, outputHeight: outputShape.height, outputWidth: outputShape.width,
        outputChannels: outputShape.channels, quantizedOutput: formWhileWriting(operation.name), context: context)
      let residual = operation.residual.map(addend)
      append(
        operation,
        .convolution(
          plan, denseWeights(convolution.weights), scales: input.scales, residual: residual, operation.epilogue),
        reading: [input.levels, input.scales] + (residual?.tensors ?? []),
        writing: plan.canQuantizeOutput ? formWhileWriting(operation.name) : nil)
    case let convolution as DepthwiseConvolution:
      append(
        operation,
        .depthwise(
          geometry(convolution.window, operation), depthwiseWeights(convolution.weights), operation.epilogue.clamp),
        reading: [tensor(operation.input)], writing: formWhileWriting(operation.name))
    case let pool as MaxPool:
      append(
        operation, .maxPool(geometry(pool.window, operation)), reading: [tensor(operation.input)],
        writing: formWhileWriting(operation.name))
    case is GlobalAveragePool:
      append(operation, .globalAveragePool(shape(operation.input)), reading: [tensor(operation.input)])
    case let activation as Activation where activation == .gelu:
      append(operation, .gelu(count: outputShape.count), reading: [tensor(operation.input)])
    case let norm as LayerNorm:
      append(
        operation,
        .layerNorm(
          outputShape, epsilon: norm.epsilon, weight: model.floats(norm.weight), bias: model.floats(norm.bias)),
        reading: [tensor(operation.input)], writing: formWhileWriting(operation.name))
    case let embedding as TokenEmbedding:
      append(
        operation,
        .tokens(
          shape(operation.input), classToken: model.floats(embedding.classToken),
          positions: model.floats(embedding.positions)),
        reading: [tensor(operation.input)])
    case let attention as Attention:
      let plan = AttentionPlan(tokens: outputShape.pixels, channels: outputShape.channels, heads: attention.heads)
      let scratch = arena.allocate(plan.scratchFloats * MemoryLayout<Float>.size, at: steps.count)
      append(operation, .attention(plan, scratch: scratch), reading: [tensor(operation.input)])
    case is FirstToken:
      append(operation, .copy(first: 0, count: outputShape.count), reading: [tensor(operation.input)])
    case is ImageTokens:
      let first = outputShape.channels
      append(operation, .copy(first: first, count: outputShape.count), reading: [tensor(operation.input)])
    case is Add:
      let other = tensor(operation.node.inputs[1])
      append(
        operation, .add(other, operation.epilogue.clamp, count: outputShape.count),
        reading: [tensor(operation.input), other])
    case let activation as Activation:
      append(
        operation, .add(nil, activation.function.epilogue?.clamp ?? .none, count: outputShape.count),
        reading: [tensor(operation.input)])
    default: preconditionFailure("no plan for \(operation.op)")
    }
  }

  /// - Parameter form: the quantized form that the step writes too.
  private mutating func append(
    _ operation: FusedGraph.Operation, _ kind: ExecutionPlan.Kind, reading inputs: [Int],
    writing form: PreparedInput? = nil
  ) {
    let step = steps.count
    for input in inputs { arena.extend(input, to: step) }
    let made = form.map { allocate($0) }
    if let made { prepared[PreparedKey(name: operation.name, mergesPixels: false)] = made }
    let isReadInFloat =
      floatResults.contains(operation.name)
      || paddings[PreparedKey(name: operation.name, mergesPixels: true)] != nil
    var output: Int?
    if made == nil || isReadInFloat {
      let tensor = arena.allocate(shape(operation.name).count * MemoryLayout<Float>.size, at: step)
      tensors[operation.name] = tensor
      output = tensor
    }
    steps.append(.init(name: operation.name, kind: kind, input: inputs[0], output: output, prepared: made))
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
