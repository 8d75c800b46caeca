import Kernels

/// Normalises every token over its channels, `[h, w, C]` to the same shape: `(x - mean) / sqrt(variance + epsilon) * weight
/// + bias`, with the mean and the (biased) variance of each token's channels.
///
/// J. L. Ba et al., "Layer Normalization", 2016.
struct LayerNorm: GraphOperator {
  static let name = "layer_norm"

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

  func work(_ inputs: [Shape], _ output: Shape) -> Int { output.count }

  func tensors(_ inputs: [Shape], _ precision: Precision) -> [TensorUse] {
    let shape = [inputs[0].channels]
    return [.needed(.parameters(weight, shape)), .needed(.parameters(bias, shape))]
  }

  func isNonNegative(_ inputs: [Bool]) -> Bool { false }

  /// The moments of a token are fixed, not those of a channel.
  func expected(_ inputs: [[ChannelMoments]?], normalized: [ChannelMoments]?) -> [ChannelMoments]? { nil }

  var epilogue: EpilogueSupport { [] }
  var epiloguePart: EpiloguePart? { nil }
  var operandWindow: Window? { nil }

  func plan(_ operation: FusedGraph.Operation, _ planner: inout some ForwardPlanner) throws(EngineError) {
    let step = LayerNormStep(
      shape: planner.shape(operation.name), epsilon: epsilon, weight: planner.model.floats(weight),
      bias: planner.model.floats(bias))
    planner.append(operation, step, canQuantize: true)
  }

  func gradient(
    _ operation: FusedGraph.Operation, _ gradient: Int, _ planner: inout BatchPlanner
  ) throws(EngineError) {
    let input = planner.tensor(operation.input)
    let step = LayerNormGradientStep(
      shape: planner.shape(operation.name), epsilon: epsilon, weight: planner.model.floats(weight), input: input)
    planner.replace(gradient, by: step, of: operation.input, reading: input)
  }
}

private struct LayerNormStep: ForwardStep {
  let shape: Shape
  let epsilon: Float
  let weight, bias: UnsafePointer<Float>

  func run(_ operands: StepOperands, _ context: ExecutionContext) {
    context.layerNorm(
      operands.input, rows: operands.images * shape.pixels, channels: shape.channels, epsilon: epsilon, weight: weight,
      bias: bias, output: operands.output, quantized: operands.quantized)
  }

  var family: String { "layer norm" }
  var operation: String { family }
  var outputCount: Int { shape.count }

  func cost(_ format: ActivationFormat) -> StepCost {
    var cost = StepCost.reading(shape.count)
    cost.weightBytes = 2 * shape.channels * MemoryLayout<Float>.size
    return cost
  }
}

private struct LayerNormGradientStep: Step {
  let shape: Shape
  let epsilon: Float
  let weight: UnsafePointer<Float>
  /// Arena tensor of what was normalised.
  let input: Int

  func run(_ operands: StepOperands, _ context: ExecutionContext) {
    context.layerNormGradient(
      operands.input, input: operands.memory.floats(input), rows: operands.images * shape.pixels,
      channels: shape.channels, epsilon: epsilon, weight: weight, result: operands.result)
  }
}
