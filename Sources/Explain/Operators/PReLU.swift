import Kernels

/// `x` where it is positive, elsewhere `x` times the channel's slope. With the same slope for all channels it is LeakyReLU.
///
/// K. He et al., "Delving Deep into Rectifiers", ICCV 2015.
struct PReLU: GraphOperator {
  static let name = "prelu"

  /// Name of an F32 tensor `[C]`.
  var slope: String

  private struct TensorNames: Codable {
    var slope: String
  }

  init(slope: String) { self.slope = slope }

  init(from attributes: AttributeDecoder) throws {
    slope = try attributes.decode(TensorNames.self, forKey: "tensors").slope
  }

  func encode(to attributes: inout AttributeEncoder) throws {
    try attributes.encode(TensorNames(slope: slope), forKey: "tensors")
  }

  var inputCounts: ClosedRange<Int> { 1...1 }

  func outputShape(_ inputs: [Shape], node: String) throws(GraphError) -> Shape { inputs[0] }

  func work(_ inputs: [Shape], _ output: Shape) -> Int { output.count }

  func tensors(_ inputs: [Shape], _ precision: Precision) -> [TensorUse] {
    [.needed(.parameters(slope, [inputs[0].channels]))]
  }

  func isNonNegative(_ inputs: [Bool]) -> Bool { inputs[0] }

  /// The slopes are not known here.
  func expected(_ inputs: [[ChannelMoments]?], normalized: [ChannelMoments]?) -> [ChannelMoments]? { nil }

  var epilogue: EpilogueSupport { [] }
  var epiloguePart: EpiloguePart? { nil }
  var operandWindow: Window? { nil }

  func plan(_ operation: FusedGraph.Operation, _ planner: inout some ForwardPlanner) throws(EngineError) {
    let step = PReLUStep(shape: planner.shape(operation.name), slope: planner.model.floats(slope))
    planner.append(operation, step, canQuantize: true)
  }

  func gradient(
    _ operation: FusedGraph.Operation, _ gradient: Int, _ planner: inout BatchPlanner
  ) throws(EngineError) {
    let input = planner.tensor(operation.input)
    let step = PReLUGradientStep(
      shape: planner.shape(operation.name), slope: planner.model.floats(slope), input: input)
    planner.replace(gradient, by: step, of: operation.input, reading: input)
  }
}

private struct PReLUStep: ForwardStep {
  let shape: Shape
  let slope: UnsafePointer<Float>

  func run(_ operands: StepOperands, _ context: ExecutionContext) {
    context.prelu(
      operands.input, signs: operands.input, slopes: slope, rows: operands.images * shape.pixels,
      channels: shape.channels, output: operands.output, quantized: operands.quantized)
  }

  var family: String { PReLU.name }
  var operation: String { family }
  var outputCount: Int { shape.count }

  func cost(_ format: ActivationFormat) -> StepCost {
    var cost = StepCost.reading(shape.count)
    cost.weightBytes = shape.channels * MemoryLayout<Float>.size
    return cost
  }
}

private struct PReLUGradientStep: Step {
  let shape: Shape
  let slope: UnsafePointer<Float>
  /// Arena tensor.
  let input: Int

  func run(_ operands: StepOperands, _ context: ExecutionContext) {
    context.prelu(
      operands.input, signs: operands.memory.floats(input), slopes: slope, rows: operands.images * shape.pixels,
      channels: shape.channels, output: operands.result)
  }
}
