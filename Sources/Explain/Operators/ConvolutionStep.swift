import Kernels

/// A dense convolution of one image, in int8 or Float.
struct ConvolutionStep: ForwardStep {
  /// A residual: the tensor of Floats, or the quantized form that other convolutions read anyway.
  enum Addend {
    case float(Int)
    case quantized(PreparedTensor)

    var tensors: [Int] {
      switch self {
      case .float(let tensor): [tensor]
      case .quantized(let prepared): [prepared.levels, prepared.scales]
      }
    }

    fileprivate func residual(_ memory: ArenaMemory) -> Residual {
      switch self {
      case .float(let tensor): .float(memory.floats(tensor))
      case .quantized(let prepared):
        .quantized(prepared.form, levels: memory.pointer(prepared.levels), scales: memory.floats(prepared.scales))
      }
    }
  }

  let plan: ConvolutionPlan
  /// Computes the same where it is faster.
  let winograd: WinogradPlan?
  let weights: DenseWeights
  /// Arena tensor of the input's scales.
  let scales: Int
  let residual: Addend?
  let epilogue: Epilogue

  func run(_ operands: StepOperands, _ context: ExecutionContext) {
    if let winograd {
      context.convolution(
        winograd, self.operands(operands), epilogue: epilogue, output: operands.output, quantized: operands.quantized)
    } else {
      context.convolution(
        plan, self.operands(operands), epilogue: epilogue, output: operands.output, quantized: operands.quantized)
    }
  }

  var canQuantizeOutput: Bool { winograd?.canQuantizeOutput ?? plan.canQuantizeOutput }

  /// What the convolution reads, of which the step's input is one.
  func operands(_ operands: StepOperands) -> ConvolutionOperands {
    let memory = operands.memory
    return ConvolutionOperands(
      input: memory.pointer(operands.place.input), scales: memory.floats(scales), weights: weights,
      residual: residual?.residual(memory))
  }

  var family: String { "conv \(plan.layout.kernelHeight)x\(plan.layout.kernelWidth)" }
  var operation: String {
    let groups = plan.layout.channelGroups.count
    return "\(family) \(plan.layout.channels)->\(plan.outputChannels)" + (groups > 1 ? " in \(groups) groups" : "")
  }
  var outputCount: Int { plan.outputHeight * plan.outputWidth * plan.outputChannels }

  func cost(_ format: ActivationFormat) -> StepCost {
    let float = MemoryLayout<Float>.size
    let isFloat = plan.input.element == .float
    let residualBytes =
      switch residual {
      case nil: 0
      case .float: outputCount * float
      case .quantized(let prepared): prepared.form.storedBytes(format)
      }
    let panels = PanelLayout.panels(plan.outputChannels)
    // Scale, bias and column sums lie beside int8 panels, a bias beside Float ones.
    let perChannel = panels * PanelLayout.width * float * (isFloat ? 1 : 2 + plan.layout.blocks)
    return StepCost(
      floatMACs: isFloat ? plan.macs : 0, int8MACs: isFloat ? 0 : plan.macs,
      activationBytes: plan.input.storedBytes(format) + residualBytes,
      weightBytes: panels * plan.layout.panelBytes * (isFloat ? float : 1) + perChannel)
  }
}

extension InferencePlanner {
  mutating func append(_ convolution: Convolution, _ operation: FusedGraph.Operation) {
    guard expansions[operation.name] == nil else { return }
    let step = self.step(convolution, operation)
    append(
      operation, step.body, from: [step.levels, step.body.scales] + (step.body.residual?.tensors ?? []),
      canQuantize: step.body.canQuantizeOutput)
  }

  /// The step of a convolution with the tensor that is its input, prepared if it isn't yet.
  mutating func step(
    _ convolution: Convolution, _ operation: FusedGraph.Operation
  ) -> (body: ConvolutionStep, levels: Int) {
    let (window, output) = (convolution.window, shape(operation.name))
    let layout = convolution.reduction(channels: shape(operation.input).channels)
    let precision = convolution.precision(in: model.description.precision)
    let input = prepare(operation.input, sharesScale: layout.sharesScale, isFloat: precision == .float32)
    let plan = ConvolutionPlan(
      input: input.form, layout: layout, stride: window.stride, top: window.top, left: window.left,
      outputHeight: output.height, outputWidth: output.width, outputChannels: output.channels,
      quantizedOutput: formWhileWriting(operation.name), context: context)
    let residual = operation.residual.map { addend($0, isFloat: precision == .float32) }
    let body = ConvolutionStep(
      plan: plan, winograd: winograd(convolution, plan, wantsQuantized: formWhileWriting(operation.name) != nil),
      weights: weights(convolution, layout), scales: input.scales, residual: residual,
      epilogue: operation.epilogue)
    return (body, input.levels)
  }

  private func winograd(_ convolution: Convolution, _ plan: ConvolutionPlan, wantsQuantized: Bool) -> WinogradPlan? {
    guard WinogradPlan.isWorthwhile(plan, context: context),
      let weights = WinogradWeights(
        model.int8(convolution.weights.weight), plan.layout, outputs: plan.outputChannels, context: context)
    else { return nil }
    return WinogradPlan(plan, weights: weights, wantsQuantized: wantsQuantized, context: context)
  }

  private func weights(_ convolution: Convolution, _ layout: ReductionLayout) -> DenseWeights {
    let names = convolution.weights
    var weights = DenseWeights(
      panels: UnsafeRawPointer(model.floats(names.weight)), scale: names.scale.map(model.floats),
      bias: model.floats(names.bias), columnSums: names.columnSums.map(model.int32s))
    if convolution.precision(in: model.description.precision) == .int8 {
      let levels = model.int8(names.weight)
      weights.panels = UnsafeRawPointer(levels)
      // Other formats' kernels do not ask.
      if context.kernels.activationFormat == .sevenBits {
        weights.pairsFit = layout.pairsFit(levels, outputs: convolution.outputChannels)
      }
    }
    return weights
  }
}
