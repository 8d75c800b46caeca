import Kernels

/// Makes tokens of an image, `[h, w, C]` to `[1, P + h * w, C]`: the first P rows are `classToken + positions`, row `P + i` is
/// `x[i] + positions[P + i]` for pixel `i` in row-major order.
///
/// P is 1 for a class token; more with a distillation token or registers; 0 without any.
///
/// A. Dosovitskiy et al., "An Image is Worth 16x16 Words", ICLR 2021.
struct TokenEmbedding: GraphOperator {
  static let name = "tokens"

  /// P, tokens that are no pixels. Files say none where it is 1.
  var prefix: Int
  /// Name of an F32 tensor `[P, C]`, `[C]` for one token; nil for none.
  var classToken: String?
  /// Name of an F32 tensor `[P + h * w, C]`.
  var positions: String

  private struct TensorNames: Codable {
    var classToken: String?
    var positions: String
  }

  init(prefix: Int = 1, classToken: String?, positions: String) {
    (self.prefix, self.classToken, self.positions) = (prefix, classToken, positions)
  }

  init(from attributes: AttributeDecoder) throws {
    let names = try attributes.decode(TensorNames.self, forKey: "tensors")
    self.init(
      prefix: try attributes.decodeIfPresent(Int.self, forKey: "prefix") ?? 1, classToken: names.classToken,
      positions: names.positions)
  }

  func encode(to attributes: inout AttributeEncoder) throws {
    if prefix != 1 { try attributes.encode(prefix, forKey: "prefix") }
    try attributes.encode(TensorNames(classToken: classToken, positions: positions), forKey: "tensors")
  }

  var inputCounts: ClosedRange<Int> { 1...1 }

  func outputShape(_ inputs: [Shape], node: String) throws(GraphError) -> Shape {
    try checkAttribute("prefix", prefix, 0...GraphLimits.side, node: node)
    return Shape(1, prefix + inputs[0].pixels, inputs[0].channels)
  }

  func work(_ inputs: [Shape], _ output: Shape) -> Int { output.count }

  func tensors(_ inputs: [Shape], _ precision: Precision) -> [TensorUse] {
    let image = inputs[0]
    let shape = prefix == 1 ? [image.channels] : [prefix, image.channels]
    return [
      .optional(classToken, role: "class token", isNeeded: prefix > 0) { .parameters($0, shape) },
      .needed(.parameters(positions, [prefix + image.pixels, image.channels])),
    ].compactMap(\.self)
  }

  func isNonNegative(_ inputs: [Bool]) -> Bool { false }

  func expected(_ inputs: [[ChannelMoments]?], normalized: [ChannelMoments]?) -> [ChannelMoments]? { nil }

  var epilogue: EpilogueSupport { [] }
  var epiloguePart: EpiloguePart? { nil }
  var operandWindow: Window? { nil }

  func plan(_ operation: FusedGraph.Operation, _ planner: inout some ForwardPlanner) throws(EngineError) {
    let step = TokenEmbeddingStep(
      shape: planner.shape(operation.input), prefix: prefix, classToken: classToken.map(planner.model.floats),
      positions: planner.model.floats(positions))
    planner.append(operation, step)
  }

  func gradient(
    _ operation: FusedGraph.Operation, _ gradient: Int, _ planner: inout BatchPlanner
  ) throws(EngineError) {
    let (image, tokens) = (planner.shape(operation.input), planner.shape(operation.name))
    let step = ExtractStep(first: prefix * tokens.channels, count: image.count, from: tokens.count)
    planner.contribute(step, from: gradient, to: operation.input)
  }
}

private struct TokenEmbeddingStep: ForwardStep {
  /// Of the image.
  let shape: Shape
  let prefix: Int
  let classToken: UnsafePointer<Float>?
  let positions: UnsafePointer<Float>

  func run(_ operands: StepOperands, _ context: ExecutionContext) {
    let (input, result) = (operands.input, operands.result)
    for image in 0..<operands.images {
      context.embedTokens(
        input + image * shape.count, pixels: shape.pixels, channels: shape.channels, prefix: prefix,
        classToken: classToken, positions: positions, output: result + image * outputCount)
    }
  }

  var family: String { "tokens" }
  var operation: String { family }
  var outputCount: Int { shape.count + prefix * shape.channels }

  func cost(_ format: ActivationFormat) -> StepCost {
    var cost = StepCost.reading(shape.count)
    cost.weightBytes = (shape.count + 2 * prefix * shape.channels) * MemoryLayout<Float>.size
    return cost
  }
}
