import Kernels

/// The softmax of every pixel's channels, or of every row of a matrix.
struct Softmax: GraphOperator {
  static let name = "softmax"

  init() {}
  init(from attributes: AttributeDecoder) {}
  func encode(to attributes: inout AttributeEncoder) {}

  var inputCounts: ClosedRange<Int> { 1...1 }

  func outputShape(_ inputs: [Shape], node: String) throws(GraphError) -> Shape { inputs[0] }

  func work(_ inputs: [Shape], _ output: Shape) -> Int { output.count }

  func tensors(_ inputs: [Shape], _ precision: Precision) -> [TensorUse] { [] }

  func isNonNegative(_ inputs: [Bool]) -> Bool { true }

  func expected(_ inputs: [[ChannelMoments]?], normalized: [ChannelMoments]?) -> [ChannelMoments]? { nil }

  var epilogue: EpilogueSupport { [] }
  var epiloguePart: EpiloguePart? { nil }
  var operandWindow: Window? { nil }

  func plan(_ operation: FusedGraph.Operation, _ planner: inout some ForwardPlanner) throws(EngineError) {
    planner.append(operation, SoftmaxStep(shape: planner.shape(operation.name)))
  }

  func gradient(
    _ operation: FusedGraph.Operation, _ gradient: Int, _ planner: inout BatchPlanner
  ) throws(EngineError) {
    let result = planner.tensor(operation.name)
    let step = SoftmaxGradientStep(shape: planner.shape(operation.name), probabilities: result)
    planner.replace(gradient, by: step, of: operation.input, reading: result)
  }
}

private struct SoftmaxStep: ForwardStep {
  let shape: Shape

  func run(_ operands: StepOperands, _ context: ExecutionContext) {
    context.softmax(
      operands.input, rows: operands.images * shape.pixels, columns: shape.channels, output: operands.result)
  }

  var family: String { Softmax.name }
  var operation: String { family }
  var outputCount: Int { shape.count }
  func cost(_ format: ActivationFormat) -> StepCost { .reading(shape.count) }
}

private struct SoftmaxGradientStep: Step {
  let shape: Shape
  /// Arena tensor of the result.
  let probabilities: Int

  func run(_ operands: StepOperands, _ context: ExecutionContext) {
    context.softmaxGradient(
      operands.input, probabilities: operands.memory.floats(probabilities), rows: operands.images * shape.pixels,
      columns: shape.channels, result: operands.result)
  }
}
