import Kernels

/// Mean over all pixels: `[1, 1, channels]`.
struct GlobalAveragePool: GraphOperator {
  static let name = "global_average_pool"

  init() {}
  init(from attributes: AttributeDecoder) {}
  func encode(to attributes: inout AttributeEncoder) {}

  var inputCounts: ClosedRange<Int> { 1...1 }

  func outputShape(_ inputs: [Shape], node: String) throws(GraphError) -> Shape { Shape(1, 1, inputs[0].channels) }

  func work(_ inputs: [Shape], _ output: Shape) -> Int { inputs[0].count }

  func tensors(_ inputs: [Shape], _ precision: Precision) -> [TensorUse] { [] }

  func isNonNegative(_ inputs: [Bool]) -> Bool { inputs[0] }

  func expected(_ inputs: [[ChannelMoments]?], normalized: [ChannelMoments]?) -> [ChannelMoments]? { inputs[0] }

  var epilogue: EpilogueSupport { [] }
  var epiloguePart: EpiloguePart? { nil }
  var operandWindow: Window? { nil }

  func plan(_ operation: FusedGraph.Operation, _ planner: inout some ForwardPlanner) throws(EngineError) {
    planner.append(operation, AveragePoolStep(shape: planner.shape(operation.input)))
  }

  func gradient(
    _ operation: FusedGraph.Operation, _ gradient: Int, _ planner: inout BatchPlanner
  ) throws(EngineError) {
    let step = AveragePoolGradientStep(shape: planner.shape(operation.input))
    planner.contribute(step, from: gradient, to: operation.input)
  }
}

private struct AveragePoolStep: ForwardStep {
  /// Of the input.
  let shape: Shape

  func run(_ operands: StepOperands, _ context: ExecutionContext) {
    let (input, result) = (operands.input, operands.result)
    for image in 0..<operands.images {
      context.globalAveragePool(
        input + image * shape.count, pixels: shape.pixels, channels: shape.channels,
        output: result + image * shape.channels)
    }
  }

  var family: String { "average pool" }
  var operation: String { family }
  var outputCount: Int { shape.channels }
  func cost(_ format: ActivationFormat) -> StepCost { .reading(shape.count) }
}

private struct AveragePoolGradientStep: Step {
  let shape: Shape

  func run(_ operands: StepOperands, _ context: ExecutionContext) {
    context.globalAveragePoolGradient(
      images: operands.images, pixels: shape.pixels, channels: shape.channels, gradient: operands.input,
      result: operands.result)
  }
}
