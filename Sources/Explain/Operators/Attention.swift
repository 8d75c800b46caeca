import Kernels

/// Multi-head self-attention, `[1, T, 3 C]` to `[1, T, C]`: `softmax(q k^T / sqrt(C / heads) + bias) v` in each head.
///
/// The input's channels are q, k and v one after the other, `C` each; inside each of them a head's `C / heads` channels
/// are contiguous. The output's channels are the heads, one after the other.
struct Attention: GraphOperator {
  static let name = "attention"

  /// Divides `C`.
  var heads: Int
  /// Name of an F32 tensor `[heads, T, T]`, such as what the places of two tokens tell about each other; nil is nothing.
  var bias: String?

  private struct TensorNames: Codable {
    var bias: String
  }

  init(heads: Int, bias: String? = nil) { (self.heads, self.bias) = (heads, bias) }

  init(from attributes: AttributeDecoder) throws {
    heads = try attributes.decode(Int.self, forKey: "heads")
    bias = try attributes.decodeIfPresent(TensorNames.self, forKey: "tensors")?.bias
  }

  func encode(to attributes: inout AttributeEncoder) throws {
    try attributes.encode(heads, forKey: "heads")
    if let bias { try attributes.encode(TensorNames(bias: bias), forKey: "tensors") }
  }

  var inputCounts: ClosedRange<Int> { 1...1 }

  func outputShape(_ inputs: [Shape], node: String) throws(GraphError) -> Shape {
    let tokens = inputs[0]
    try tokens.checkTokens(node: node)
    let channels = tokens.channels / 3
    guard channels > 0, tokens.channels % 3 == 0 else {
      throw .badAttribute(node: node, attribute: "number of input channels", value: tokens.channels)
    }
    try checkAttribute("number of heads", heads, 1...channels, node: node)
    guard channels % heads == 0 else {
      throw .badAttribute(node: node, attribute: "number of heads", value: heads)
    }
    return Shape(1, tokens.width, channels)
  }

  func work(_ inputs: [Shape], _ output: Shape) -> Int { output.count * 2 * inputs[0].pixels }

  func tensors(_ inputs: [Shape], _ precision: Precision) -> [TensorUse] {
    bias.map { [.needed(.parameters($0, [heads, inputs[0].width, inputs[0].width]))] } ?? []
  }

  func isNonNegative(_ inputs: [Bool]) -> Bool { false }

  func expected(_ inputs: [[ChannelMoments]?], normalized: [ChannelMoments]?) -> [ChannelMoments]? { nil }

  var epilogue: EpilogueSupport { [] }
  var epiloguePart: EpiloguePart? { nil }
  var operandWindow: Window? { nil }

  func plan(_ operation: FusedGraph.Operation, _ planner: inout some ForwardPlanner) throws(EngineError) {
    let tokens = planner.shape(operation.name)
    let plan = AttentionPlan(tokens: tokens.pixels, channels: tokens.channels, heads: heads)
    let scratch = planner.allocate(floats: plan.scratchFloats)
    planner.append(
      operation, AttentionStep(plan: plan, bias: bias.map(planner.model.floats), scratch: scratch), reading: [scratch])
  }

  func gradient(
    _ operation: FusedGraph.Operation, _ gradient: Int, _ planner: inout BatchPlanner
  ) throws(EngineError) {
    let tokens = planner.shape(operation.name)
    let plan = AttentionPlan(tokens: tokens.pixels, channels: tokens.channels, heads: heads)
    let input = planner.tensor(operation.input)
    let step = AttentionGradientStep(plan: plan, bias: bias.map(planner.model.floats), input: input)
    planner.contribute(step, from: gradient, to: operation.input, reading: [input])
  }
}

private struct AttentionStep: ForwardStep {
  let plan: AttentionPlan
  let bias: UnsafePointer<Float>?
  /// Arena tensor.
  let scratch: Int

  func run(_ operands: StepOperands, _ context: ExecutionContext) {
    let (input, result, scratch) = (operands.input, operands.result, operands.memory.floats(scratch))
    for image in 0..<operands.images {
      context.attention(
        plan, qkv: input + image * 3 * outputCount, bias: bias, scratch: scratch, output: result + image * outputCount)
    }
  }

  var family: String { "attention" }
  var operation: String { "\(family) \(plan.heads) heads" }
  var outputCount: Int { plan.tokens * plan.channels }

  func cost(_ format: ActivationFormat) -> StepCost {
    var cost = StepCost.reading(3 * outputCount)
    cost.floatMACs = plan.macs
    if bias != nil { cost.weightBytes = plan.heads * plan.tokens * plan.tokens * MemoryLayout<Float>.size }
    return cost
  }
}

private struct AttentionGradientStep: Step {
  let plan: AttentionPlan
  let bias: UnsafePointer<Float>?
  /// Arena tensor of the queries, keys and values.
  let input: Int

  func run(_ operands: StepOperands, _ context: ExecutionContext) {
    context.attentionGradient(
      images: operands.images, plan, qkv: operands.memory.floats(input), bias: bias,
      gradient: operands.input, result: operands.result)
  }
}
