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
    try planner.append(self, operation)
  }

  func gradient(
    _ operation: FusedGraph.Operation, _ gradient: Int, _ planner: inout BatchPlanner
  ) throws(EngineError) {
    let step = DepthwiseGradientStep(
      geometry: planner.geometry(window, operation), weights: try planner.weights(self))
    planner.contribute(step, from: gradient, to: operation.input)
  }
}

/// A depthwise convolution of every image, or of one with the dense convolution in front of it.
struct DepthwiseStep: ForwardStep {
  let plan: DepthwisePlan
  let clamp: Clamp
  /// The dense convolution that yields the input, where nobody else reads that.
  var expansion: ConvolutionStep?

  func run(_ operands: StepOperands, _ context: ExecutionContext) {
    let quantized = operands.quantized
    if let expansion {
      let input = DepthwiseInput.expansion(expansion.plan, expansion.operands(operands), expansion.epilogue)
      return context.depthwise(plan, input: input, clamp: clamp, output: operands.output, quantized: quantized)
    }
    operands.forEachImage(reading: plan.geometry.inputCount, writing: plan.geometry.outputCount) { input, output in
      context.depthwise(plan, input: .floats(input), clamp: clamp, output: output, quantized: quantized)
    }
  }

  private var ownFamily: String { "depthwise \(plan.geometry.kernelHeight)x\(plan.geometry.kernelWidth)" }
  var family: String { (expansion.map { "\($0.family) + " } ?? "") + ownFamily }
  var operation: String {
    "\(expansion.map { "\($0.operation) + " } ?? "")\(ownFamily)/\(plan.geometry.stride) \(plan.geometry.channels)"
  }
  var outputCount: Int { plan.geometry.outputCount }

  func cost(_ format: ActivationFormat) -> StepCost {
    let float = MemoryLayout<Float>.size
    let taps = plan.geometry.kernelHeight * plan.geometry.kernelWidth
    var cost = expansion.map { $0.cost(format) } ?? .reading(plan.geometry.inputCount)
    cost.floatMACs += outputCount * taps
    cost.weightBytes += PanelLayout.padded(plan.geometry.channels) * (taps + 1) * float
    return cost
  }
}

extension InferencePlanner {
  mutating func append(_ convolution: DepthwiseConvolution, _ operation: FusedGraph.Operation) {
    let geometry = self.geometry(convolution.window, operation)
    let expansion = expansions[operation.input].map { self.step($0.convolution, $0.operation) }
    let plan = DepthwisePlan(
      geometry, weights: weights(convolution), computesInput: expansion != nil, threads: context.pool.threads)
    let body = DepthwiseStep(plan: plan, clamp: operation.epilogue.clamp, expansion: expansion?.body)
    append(
      operation, body, from: expansion.map { [$0.levels, $0.body.scales] } ?? [tensor(operation.input)],
      canQuantize: true)
  }

  private func weights(_ convolution: DepthwiseConvolution) -> DepthwiseWeights {
    let names = convolution.weights
    let isInt8 = convolution.precision(in: model.description.precision) == .int8
    return DepthwiseWeights(
      levels: isInt8 ? model.int8(names.weight) : nil, floats: isInt8 ? nil : model.floats(names.weight),
      scale: names.scale.map(model.floats), bias: model.floats(names.bias))
  }
}

private struct DepthwiseGradientStep: Step {
  let geometry: WindowGeometry
  let weights: UnsafePointer<Float>

  func run(_ operands: StepOperands, _ context: ExecutionContext) {
    context.depthwiseGradient(
      images: operands.images, geometry, weights: weights, gradient: operands.input, result: operands.result)
  }
}
