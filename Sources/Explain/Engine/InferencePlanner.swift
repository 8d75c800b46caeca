import Kernels

/// Plans the pass of one image in the precision of the model and its layers. Results that convolutions read are quantized by the steps
/// that write them, where these can.
struct InferencePlanner: ForwardPlanner {
  let model: Model
  let context: ExecutionContext
  private let outputs: Set<String>
  private let fused: FusedGraph
  private(set) var arena = ArenaPlanner()
  private(set) var steps: [ExecutionPlan.PlannedStep] = []
  /// Arena tensors of results, by node.
  private var tensors: [String: Int] = [:]
  private var prepared: [PreparedKey: PreparedTensor] = [:]
  /// The widest padding that any convolution wants around a result.
  private var paddings: [PreparedKey: Window] = [:]
  /// Results that somebody reads in Float.
  private var floatResults: Set<String> = []
  /// Dense convolutions that are computed together with the depthwise one that alone reads them, by result.
  private(set) var expansions: [String: Expansion] = [:]

  struct Expansion {
    var convolution: Convolution
    var operation: FusedGraph.Operation
  }

  private struct PreparedKey: Hashable {
    var name: String
    var sharesScale: Bool
    /// Read by layers with weights in Float.
    var isFloat = false
  }

  init(model: Model, context: ExecutionContext, outputs: Set<String>) {
    (self.model, self.context, self.outputs) = (model, context, outputs)
    fused = FusedGraph(model.description.graph, outputs: outputs)
  }

  mutating func appendAll() throws(EngineError) {
    let graph = model.description.graph
    collectReaders()
    collectExpansions()
    tensors[graph.input] = arena.allocate(graph.inputShape.count * MemoryLayout<Float>.size, at: 0)
    for operation in fused.operations { try operation.op.plan(operation, &self) }
    for name in outputs {
      if let tensor = tensors[name] { arena.extend(tensor, to: steps.count) }
    }
  }

  func tensor(_ name: String) -> Int {
    guard let tensor = tensors[name] else { preconditionFailure("\(name) is read before it is computed") }
    return tensor
  }

  mutating func allocate(floats: Int) -> Int { arena.allocate(floats * MemoryLayout<Float>.size, at: steps.count) }

  mutating func append(
    _ operation: FusedGraph.Operation, _ step: any ForwardStep, from inputs: [Int], canQuantize: Bool
  ) {
    let index = steps.count
    for input in inputs { arena.extend(input, to: index) }
    let made = canQuantize ? formWhileWriting(operation.name).map { allocate($0) } : nil
    if let made { prepared[PreparedKey(name: operation.name, sharesScale: false)] = made }
    let isReadInFloat =
      floatResults.contains(operation.name)
      || paddings[PreparedKey(name: operation.name, sharesScale: true)] != nil
      || [false, true].contains {
        paddings[PreparedKey(name: operation.name, sharesScale: $0, isFloat: true)] != nil
      }
    var output: Int?
    if made == nil || isReadInFloat {
      let tensor = allocate(floats: shape(operation.name).count)
      tensors[operation.name] = tensor
      output = tensor
    }
    steps.append(
      .init(name: operation.name, body: step, place: StepPlace(input: inputs[0], output: output, prepared: made)))
  }
}

extension InferencePlanner {
  private mutating func collectReaders() {
    floatResults = outputs
    for operation in fused.operations {
      guard let window = operation.op.operandWindow else {
        floatResults.formUnion(operation.node.inputs)
        continue
      }
      let channels = shape(operation.input).channels
      let layout = ReductionLayout(
        kernelHeight: window.kernelHeight, kernelWidth: window.kernelWidth, channels: channels)
      let key = PreparedKey(name: operation.input, sharesScale: layout.sharesScale, isFloat: isFloat(operation))
      var widest = paddings[key] ?? window
      widest.top = max(widest.top, window.top)
      widest.left = max(widest.left, window.left)
      widest.bottom = max(widest.bottom, window.bottom)
      widest.right = max(widest.right, window.right)
      paddings[key] = widest
    }
    for operation in fused.operations {
      guard let residual = operation.residual, isFloat(operation) || formWhileWriting(residual)?.isResidual != true
      else { continue }
      floatResults.insert(residual)
    }
  }

  private mutating func collectExpansions() {
    var readers: [String: Int] = [:]
    for operation in fused.operations {
      for name in operation.node.inputs + (operation.residual.map { [$0] } ?? []) { readers[name, default: 0] += 1 }
    }
    let producers = Dictionary(uniqueKeysWithValues: fused.operations.map { ($0.name, $0) })
    for operation in fused.operations {
      guard let depthwise = operation.op as? DepthwiseConvolution, let producer = producers[operation.input],
        let convolution = producer.op as? Convolution, producer.residual == nil, readers[producer.name] == 1,
        !outputs.contains(producer.name),
        DepthwisePlan.isWorthFusing(geometry(depthwise.window, operation), threads: context.pool.threads)
      else { continue }
      expansions[producer.name] = Expansion(convolution: convolution, operation: producer)
    }
  }

  /// Whether an operator's weights are in Float.
  private func isFloat(_ operation: FusedGraph.Operation) -> Bool {
    (operation.op as? any ConvolutionOperator)?.precision(in: model.description.precision) == .float32
  }

  /// The form in which convolutions read a result; nil if none does.
  private func form(_ key: PreparedKey) -> PreparedInput? {
    guard let padding = paddings[key] else { return nil }
    let shape = shape(key.name)
    let isSigned = !fused.nonNegative.contains(key.name)
    let element: PreparedInput.Element =
      if key.isFloat { .float } else if key.name == model.description.graph.input {
        .pixels(model.description.preprocessing.pixelLevels)
      } else if key.sharesScale { .quantizedWithOneScale(isSigned: isSigned) } else {
        .quantized(isSigned: isSigned)
      }
    return PreparedInput(
      element: element, height: shape.height, width: shape.width, channels: shape.channels, top: padding.top,
      left: padding.left, bottom: padding.bottom, right: padding.right)
  }

  /// The form that a step can give its result while it writes it.
  func formWhileWriting(_ name: String) -> PreparedInput? {
    form(PreparedKey(name: name, sharesScale: false))
  }

  private mutating func allocate(_ form: PreparedInput) -> PreparedTensor {
    PreparedTensor(
      form: form, levels: arena.allocate(form.byteCount(context.kernels.activationFormat), at: steps.count),
      scales: allocate(floats: max(1, form.scaleCount)))
  }

  /// The prepared form of `name`, made by a step of its own if it isn't there yet.
  mutating func prepare(_ name: String, sharesScale: Bool, isFloat: Bool) -> PreparedTensor {
    let key = PreparedKey(name: name, sharesScale: sharesScale, isFloat: isFloat)
    if let known = prepared[key] { return known }
    guard let form = form(key) else { preconditionFailure("\(name) is read by no convolution") }
    if form.isPlain { return PreparedTensor(form: form, levels: tensor(name), scales: tensor(name)) }
    let made = allocate(form)
    arena.extend(tensor(name), to: steps.count)
    steps.append(
      .init(name: name, body: PrepareStep(form: form), place: StepPlace(input: tensor(name), prepared: made)))
    prepared[key] = made
    return made
  }

  /// A residual in the form in which it is there.
  ///
  /// - Parameter isFloat: whether the layer that adds it has weights in Float, and reads no levels.
  func addend(_ name: String, isFloat: Bool) -> ConvolutionStep.Addend {
    if !isFloat, let known = prepared[PreparedKey(name: name, sharesScale: false)], known.form.isResidual {
      return .quantized(known)
    }
    return .float(tensor(name))
  }
}
