import Kernels

/// A dense convolution of some images at once, in Float or bf16.
struct BatchConvolutionStep: Step {
  let plan: BatchConvolution
  let panels: UnsafeRawPointer
  let bias: UnsafePointer<Float>
  /// Arena tensor.
  let residual: Int?
  let clamp: Clamp

  func run(_ operands: StepOperands, _ context: ExecutionContext) {
    let memory = operands.memory
    context.convolution(
      plan, operand: memory.pointer(operands.place.input), panels: panels, bias: bias,
      residual: residual.map { memory.floats($0) }, clamp: clamp, output: operands.result)
  }
}

/// Gives a batch of Floats the form in which a convolution reads it.
struct BatchPrepareStep: Step {
  let form: PreparedInput

  func run(_ operands: StepOperands, _ context: ExecutionContext) {
    context.prepare(operands.input, as: form, into: UnsafeMutableRawPointer(operands.result), scales: nil)
  }
}

/// The gradient of a dense convolution's input.
struct ConvolutionGradientStep: Step {
  let plan: ConvolutionGradient
  let panels: UnsafeRawPointer
  /// Arena tensor of scratch.
  let columns: Int
  /// Has the zeros that stand for a bias.
  let layers: FloatLayers

  func run(_ operands: StepOperands, _ context: ExecutionContext) {
    let memory = operands.memory
    context.convolutionGradient(
      plan, operand: memory.pointer(operands.place.input), panels: panels, zeros: layers.zeros,
      columns: memory.floats(columns), result: operands.result)
  }
}

extension BatchPlanner {
  mutating func append(_ convolution: Convolution, _ operation: FusedGraph.Operation) throws(EngineError) {
    let (input, shape) = (self.shape(operation.input), shape(operation.name))
    let window = convolution.window
    let form = PreparedInput(
      element: layers.precision.element, images: images, height: input.height, width: input.width,
      channels: input.channels,
      top: window.top, left: window.left, bottom: window.bottom, right: window.right)
    let operand = prepare(operation.input, tensor(operation.input), form)
    let layout = convolution.reduction(channels: input.channels)
    let plan = BatchConvolution(
      operand: form, layout: layout, stride: window.stride, outputHeight: shape.height, outputWidth: shape.width,
      outputChannels: shape.channels, context: context)
    let packing = PanelPacking(.forward, layout, outputs: shape.channels)
    let panels = try layers.panels(operation.node, packing)
    let residual = operation.residual.map(tensor)
    append(
      operation,
      BatchConvolutionStep(
        plan: plan, panels: panels, bias: try layers.bias(operation.node), residual: residual,
        clamp: operation.epilogue.clamp),
      from: [operand] + (residual.map { [$0] } ?? []))
  }

  mutating func appendGradient(
    of convolution: Convolution, _ operation: FusedGraph.Operation, _ gradient: Int
  ) throws(EngineError) {
    if let layer = layers.trainable(operation.node) {
      appendWeightGradient(of: layer, convolution, operation, gradient)
    }
    let plan = ConvolutionGradient(
      images: images, geometry: geometry(convolution.window, operation),
      layout: convolution.reduction(channels: shape(operation.input).channels),
      outputChannels: shape(operation.name).channels, precision: layers.precision,
      context: context)
    let panels = try layers.panels(operation.node, plan.packing)
    layers.needZeros(PanelLayout.padded(plan.convolution.outputChannels))
    let operand = prepare(nil, gradient, plan.operand)
    let columns = allocate(floats: max(1, plan.columnFloats))
    contribute(
      ConvolutionGradientStep(plan: plan, panels: panels, columns: columns, layers: layers), from: operand,
      to: operation.input, reading: [columns])
  }
}
