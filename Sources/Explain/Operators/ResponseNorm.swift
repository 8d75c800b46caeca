import Kernels

/// Global response normalization of ConvNeXt V2: channels whose norm is large, compared with the others, are strengthened.
///
/// S. Woo et al., "ConvNeXt V2: Co-designing and Scaling ConvNets with Masked Autoencoders", CVPR 2023.
struct ResponseNorm: GraphOperator {
  static let name = "response_norm"

  /// In (0, 1].
  var epsilon: Float
  /// Names of two F32 tensors `[C]`.
  var weight, bias: String

  private struct TensorNames: Codable {
    var weight, bias: String
  }

  init(epsilon: Float, weight: String, bias: String) {
    (self.epsilon, self.weight, self.bias) = (epsilon, weight, bias)
  }

  init(from attributes: AttributeDecoder) throws {
    let names = try attributes.decode(TensorNames.self, forKey: "tensors")
    self.init(
      epsilon: try attributes.decode(Float.self, forKey: "epsilon"), weight: names.weight, bias: names.bias)
  }

  func encode(to attributes: inout AttributeEncoder) throws {
    try attributes.encode(epsilon, forKey: "epsilon")
    try attributes.encode(TensorNames(weight: weight, bias: bias), forKey: "tensors")
  }

  var inputCounts: ClosedRange<Int> { 1...1 }

  func outputShape(_ inputs: [Shape], node: String) throws(GraphError) -> Shape {
    guard epsilon > 0 && epsilon <= 1 else { throw .badEpsilon(node: node, epsilon) }
    return inputs[0]
  }

  func work(_ inputs: [Shape], _ output: Shape) -> Int { 2 * output.count }

  func tensors(_ inputs: [Shape], _ precision: Precision) -> [TensorUse] {
    let shape = [inputs[0].channels]
    return [.needed(.parameters(weight, shape)), .needed(.parameters(bias, shape))]
  }

  func isNonNegative(_ inputs: [Bool]) -> Bool { false }

  func expected(_ inputs: [[ChannelMoments]?], normalized: [ChannelMoments]?) -> [ChannelMoments]? { nil }

  var epilogue: EpilogueSupport { [] }
  var epiloguePart: EpiloguePart? { nil }
  var operandWindow: Window? { nil }

  func plan(_ operation: FusedGraph.Operation, _ planner: inout some ForwardPlanner) throws(EngineError) {
    let shape = planner.shape(operation.name)
    let factors = planner.allocate(floats: shape.channels)
    let step = ResponseNormStep(
      shape: shape, epsilon: epsilon, weight: planner.model.floats(weight), bias: planner.model.floats(bias),
      factors: factors)
    planner.append(operation, step, reading: [factors], canQuantize: true)
  }

  func gradient(
    _ operation: FusedGraph.Operation, _ gradient: Int, _ planner: inout BatchPlanner
  ) throws(EngineError) {
    let (shape, input) = (planner.shape(operation.name), planner.tensor(operation.input))
    let scratch = planner.allocate(floats: 3 * shape.channels)
    let step = ResponseNormGradientStep(
      shape: shape, epsilon: epsilon, weight: planner.model.floats(weight), input: input, scratch: scratch)
    planner.contribute(step, from: gradient, to: operation.input, reading: [input, scratch])
  }
}

private struct ResponseNormStep: ForwardStep {
  let shape: Shape
  let epsilon: Float
  let weight, bias: UnsafePointer<Float>
  /// Arena tensor.
  let factors: Int

  func run(_ operands: StepOperands, _ context: ExecutionContext) {
    let (factors, quantized) = (operands.memory.floats(factors), operands.quantized)
    operands.forEachImage(reading: shape.count, writing: shape.count) { input, output in
      context.responseNorm(
        input, height: shape.height, width: shape.width, channels: shape.channels, epsilon: epsilon, weight: weight,
        bias: bias, factors: factors, output: output, quantized: quantized)
    }
  }

  var family: String { "response norm" }
  var operation: String { family }
  var outputCount: Int { shape.count }

  func cost(_ format: ActivationFormat) -> StepCost {
    var cost = StepCost.reading(2 * shape.count)
    cost.weightBytes = 2 * shape.channels * MemoryLayout<Float>.size
    return cost
  }
}

private struct ResponseNormGradientStep: Step {
  let shape: Shape
  let epsilon: Float
  let weight: UnsafePointer<Float>
  /// Arena tensors.
  let input, scratch: Int

  func run(_ operands: StepOperands, _ context: ExecutionContext) {
    let (input, scratch) = (operands.memory.floats(input), operands.memory.floats(scratch))
    for image in 0..<operands.images {
      let first = image * shape.count
      context.responseNormGradient(
        operands.input + first, input: input + first, pixels: shape.pixels, channels: shape.channels,
        epsilon: epsilon, weight: weight, scratch: scratch, result: operands.result + first)
    }
  }
}
