import Kernels

/// Maximum over each window; padding counts as minus infinity.
struct MaxPool: GraphOperator {
  static let name = "max_pool"

  var window: Window

  init(_ window: Window) { self.window = window }
  init(from attributes: AttributeDecoder) throws { window = try Window(from: attributes) }
  func encode(to attributes: inout AttributeEncoder) throws { try window.encode(to: &attributes) }

  var inputCounts: ClosedRange<Int> { 1...1 }

  func outputShape(_ inputs: [Shape], node: String) throws(GraphError) -> Shape {
    try window.slide(over: inputs[0], channels: inputs[0].channels, node: node)
  }

  func work(_ inputs: [Shape], _ output: Shape) -> Int { output.count * window.area }

  func tensors(_ inputs: [Shape], _ precision: Precision) -> [TensorUse] { [] }

  func isNonNegative(_ inputs: [Bool]) -> Bool { inputs[0] }

  /// The mean of a maximum depends on how neighbours resemble each other, which BatchNorm does not tell.
  func expected(_ inputs: [[ChannelMoments]?], normalized: [ChannelMoments]?) -> [ChannelMoments]? { nil }

  var epilogue: EpilogueSupport { [] }
  var epiloguePart: EpiloguePart? { nil }
  var operandWindow: Window? { nil }

  func plan(_ operation: FusedGraph.Operation, _ planner: inout some ForwardPlanner) throws(EngineError) {
    planner.append(operation, MaxPoolStep(geometry: planner.geometry(window, operation)), canQuantize: true)
  }

  func gradient(
    _ operation: FusedGraph.Operation, _ gradient: Int, _ planner: inout BatchPlanner
  ) throws(EngineError) {
    let (input, result) = (planner.tensor(operation.input), planner.tensor(operation.name))
    let step = MaxPoolGradientStep(geometry: planner.geometry(window, operation), input: input, result: result)
    planner.contribute(step, from: gradient, to: operation.input, reading: [input, result])
  }
}

struct MaxPoolStep: ForwardStep {
  let geometry: WindowGeometry

  func run(_ operands: StepOperands, _ context: ExecutionContext) {
    let quantized = operands.quantized
    operands.forEachImage(reading: geometry.inputCount, writing: geometry.outputCount) { input, output in
      context.maxPool(geometry, input: input, output: output, quantized: quantized)
    }
  }

  var family: String { "max pool" }
  var operation: String { "\(family) \(geometry.kernelHeight)x\(geometry.kernelWidth)/\(geometry.stride)" }
  var outputCount: Int { geometry.outputCount }
  func cost(_ format: ActivationFormat) -> StepCost { .reading(geometry.inputCount) }
}

struct MaxPoolGradientStep: Step {
  let geometry: WindowGeometry
  /// Arena tensors of what was pooled, and of the result.
  let input, result: Int

  func run(_ operands: StepOperands, _ context: ExecutionContext) {
    context.maxPoolGradient(
      images: operands.images, geometry, input: operands.memory.floats(input),
      output: operands.memory.floats(result), gradient: operands.input, result: operands.result)
  }
}
