import Kernels

/// Convolution of each channel with its own kernel.
struct DepthwiseConvolution: ConvolutionOperator {
  static let name = "depthwise_conv2d"

  var attributes: ConvolutionAttributes

  init(window: Window, outputChannels: Int, weights: WeightNames, precision: Precision? = nil) {
    attributes = ConvolutionAttributes(
      window: window, outputChannels: outputChannels, weights: weights, precision: precision)
  }

  init(from attributes: AttributeDecoder) throws { self.attributes = try ConvolutionAttributes(from: attributes) }

  func encode(to attributes: inout AttributeEncoder) throws { try self.attributes.encode(to: &attributes) }

  var inputCounts: ClosedRange<Int> { 1...1 }

  func outputShape(_ inputs: [Shape], node: String) throws(GraphError) -> Shape {
    let shape = try window.slide(over: inputs[0], channels: outputChannels, mayDilate: true, node: node)
    guard outputChannels == inputs[0].channels else {
      throw .channelMismatch(node: node, expected: inputs[0].channels, found: outputChannels)
    }
    return shape
  }

  func work(_ inputs: [Shape], _ output: Shape) -> Int { output.count * window.area }

  func tensors(_ inputs: [Shape], _ precision: Precision) -> [TensorUse] {
    weights.tensors(
      TensorLayout(
        .depthwise, kernelHeight: window.kernelHeight, kernelWidth: window.kernelWidth,
        inputChannels: inputs[0].channels, outputChannels: outputChannels, precision: self.precision(in: precision)))
  }

  func isNonNegative(_ inputs: [Bool]) -> Bool { false }

  func expected(_ inputs: [[ChannelMoments]?], normalized: [ChannelMoments]?) -> [ChannelMoments]? { normalized }

  var epilogue: EpilogueSupport { .clamp }
  var epiloguePart: EpiloguePart? { nil }
  var operandWindow: Window? { nil }

  func plan(_ operation: FusedGraph.Operation, _ planner: inout some ForwardPlanner) throws(EngineError) {
    let weights = try planner.weights(self, channels: outputChannels)
    let step = DepthwiseStep(
      geometry: planner.geometry(window, operation), weights: weights, clamp: operation.epilogue.clamp)
    planner.append(operation, step, canQuantize: true)
  }

  func gradient(
    _ operation: FusedGraph.Operation, _ gradient: Int, _ planner: inout BatchPlanner
  ) throws(EngineError) {
    let weights = try planner.weights(self, channels: outputChannels)
    let step = DepthwiseGradientStep(geometry: planner.geometry(window, operation), weights: weights)
    planner.contribute(step, from: gradient, to: operation.input)
  }
}

private struct DepthwiseStep: ForwardStep {
  let geometry: WindowGeometry
  let weights: DepthwiseWeights
  let clamp: Clamp

  func run(_ operands: StepOperands, _ context: ExecutionContext) {
    let quantized = operands.quantized
    operands.forEachImage(reading: geometry.inputCount, writing: geometry.outputCount) { input, output in
      context.depthwise(
        geometry, input: input, weights: weights, clamp: clamp, output: output, quantized: quantized)
    }
  }

  var family: String { "depthwise \(geometry.kernelHeight)x\(geometry.kernelWidth)" }
  var operation: String { "\(family)/\(geometry.stride) \(geometry.channels)" }
  var outputCount: Int { geometry.outputCount }

  func cost(_ format: ActivationFormat) -> StepCost {
    let float = MemoryLayout<Float>.size
    let taps = geometry.kernelHeight * geometry.kernelWidth
    let perChannel = taps * (weights.levels == nil ? float : 1) + 2 * float
    return StepCost(
      macs: outputCount * taps, activationBytes: geometry.inputCount * float,
      weightBytes: PanelLayout.padded(geometry.channels) * perChannel)
  }
}

private struct DepthwiseGradientStep: Step {
  let geometry: WindowGeometry
  let weights: DepthwiseWeights

  func run(_ operands: StepOperands, _ context: ExecutionContext) {
    guard let weights = weights.floats else { preconditionFailure("gradients need weights in Float") }
    context.depthwiseGradient(
      images: operands.images, geometry, weights: weights, gradient: operands.input, result: operands.result)
  }
}
