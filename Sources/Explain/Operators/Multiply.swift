import Kernels

/// Product of two tensors of equal shape, or of an image `[h, w, C]` with one factor a channel, `[1, 1, C]`
/// (squeeze and excite).
struct Multiply: GraphOperator {
  static let name = "multiply"

  init() {}
  init(from attributes: AttributeDecoder) {}
  func encode(to attributes: inout AttributeEncoder) {}

  var inputCounts: ClosedRange<Int> { 2...2 }

  func outputShape(_ inputs: [Shape], node: String) throws(GraphError) -> Shape {
    let (values, factors) = (inputs[0], inputs[1])
    guard factors == values || factors == Shape(1, 1, values.channels) else {
      throw .unequalShapes(node: node, values, factors)
    }
    return values
  }

  func work(_ inputs: [Shape], _ output: Shape) -> Int { output.count }

  func tensors(_ inputs: [Shape], _ precision: Precision) -> [TensorUse] { [] }

  func isNonNegative(_ inputs: [Bool]) -> Bool { inputs.allSatisfy(\.self) }

  /// Factors depend on what they multiply: as a rule both are made of the same tensor.
  func expected(_ inputs: [[ChannelMoments]?], normalized: [ChannelMoments]?) -> [ChannelMoments]? { nil }

  var epilogue: EpilogueSupport { [] }
  var epiloguePart: EpiloguePart? { nil }
  var operandWindow: Window? { nil }

  func plan(_ operation: FusedGraph.Operation, _ planner: inout some ForwardPlanner) throws(EngineError) {
    planner.append(operation, step(operation, by: operation.node.inputs[1], planner), canQuantize: true)
  }

  func gradient(
    _ operation: FusedGraph.Operation, _ gradient: Int, _ planner: inout BatchPlanner
  ) throws(EngineError) {
    let (values, factors) = (operation.node.inputs[0], operation.node.inputs[1])
    let shape = planner.shape(values)
    let (valuesTensor, factorsTensor) = (planner.tensor(values), planner.tensor(factors))
    planner.contribute(step(operation, by: factors, planner), from: gradient, to: values, reading: [factorsTensor])
    if planner.shape(factors) == shape {
      planner.contribute(step(operation, by: values, planner), from: gradient, to: factors, reading: [valuesTensor])
    } else {
      let step = FactorGradientStep(shape: shape, values: valuesTensor)
      planner.contribute(step, from: gradient, to: factors, reading: [valuesTensor])
    }
  }

  private func step(
    _ operation: FusedGraph.Operation, by factors: String, _ planner: some ForwardPlanner
  ) -> MultiplyStep {
    let shape = planner.shape(operation.name)
    return MultiplyStep(
      shape: shape, factors: planner.tensor(factors), hasFactorPerChannel: planner.shape(factors) != shape)
  }
}

private struct MultiplyStep: ForwardStep {
  let shape: Shape
  /// Arena tensor.
  let factors: Int
  let hasFactorPerChannel: Bool

  func run(_ operands: StepOperands, _ context: ExecutionContext) {
    let (factors, quantized) = (UnsafePointer(operands.memory.floats(factors)), operands.quantized)
    var image = 0
    operands.forEachImage(reading: shape.count, writing: shape.count) { input, output in
      context.multiply(
        input, by: factors + image * (hasFactorPerChannel ? shape.channels : shape.count),
        hasFactorPerChannel: hasFactorPerChannel, rows: shape.pixels, channels: shape.channels, output: output,
        quantized: quantized)
      image += 1
    }
  }

  var family: String { hasFactorPerChannel ? "multiply by channel" : "multiply" }
  var operation: String { family }
  var outputCount: Int { shape.count }

  func cost(_ format: ActivationFormat) -> StepCost {
    .reading(shape.count + (hasFactorPerChannel ? shape.channels : shape.count))
  }
}

/// The gradient of one factor a channel.
private struct FactorGradientStep: Step {
  /// Of the values.
  let shape: Shape
  /// Arena tensor.
  let values: Int

  func run(_ operands: StepOperands, _ context: ExecutionContext) {
    let (gradient, values, result) = (operands.input, operands.memory.floats(values), operands.result)
    for image in 0..<operands.images {
      context.channelProducts(
        gradient + image * shape.count, values + image * shape.count, rows: shape.pixels, channels: shape.channels,
        result: result + image * shape.channels)
    }
  }
}
