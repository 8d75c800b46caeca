import Kernels

/// Makes tokens of an image, `[h, w, C]` to `[1, 1 + h * w, C]`: row 0 is `classToken + positions[0]`, row `1 + i` is
/// `x[i] + positions[1 + i]` for pixel `i` in row-major order.
///
/// A. Dosovitskiy et al., "An Image is Worth 16x16 Words", ICLR 2021.
struct TokenEmbedding: GraphOperator {
  static let name = "tokens"

  /// Name of an F32 tensor `[C]`.
  var classToken: String
  /// Name of an F32 tensor `[1 + h * w, C]`.
  var positions: String

  private struct TensorNames: Codable {
    var classToken, positions: String
  }

  init(classToken: String, positions: String) { (self.classToken, self.positions) = (classToken, positions) }

  init(from attributes: AttributeDecoder) throws {
    let names = try attributes.decode(TensorNames.self, forKey: "tensors")
    self.init(classToken: names.classToken, positions: names.positions)
  }

  func encode(to attributes: inout AttributeEncoder) throws {
    try attributes.encode(TensorNames(classToken: classToken, positions: positions), forKey: "tensors")
  }

  var inputCounts: ClosedRange<Int> { 1...1 }

  func outputShape(_ inputs: [Shape], node: String) throws(GraphError) -> Shape {
    Shape(1, 1 + inputs[0].pixels, inputs[0].channels)
  }

  func work(_ inputs: [Shape], _ output: Shape) -> Int { output.count }

  func tensors(_ inputs: [Shape], _ precision: Precision) -> [TensorUse] {
    let image = inputs[0]
    return [
      .needed(.parameters(classToken, [image.channels])),
      .needed(.parameters(positions, [1 + image.pixels, image.channels])),
    ]
  }

  func isNonNegative(_ inputs: [Bool]) -> Bool { false }

  func expected(_ inputs: [[ChannelMoments]?], normalized: [ChannelMoments]?) -> [ChannelMoments]? { nil }

  var epilogue: EpilogueSupport { [] }
  var epiloguePart: EpiloguePart? { nil }
  var operandWindow: Window? { nil }

  func plan(_ operation: FusedGraph.Operation, _ planner: inout some ForwardPlanner) throws(EngineError) {
    let step = TokenEmbeddingStep(
      shape: planner.shape(operation.input), classToken: planner.model.floats(classToken),
      positions: planner.model.floats(positions))
    planner.append(operation, step)
  }

  func gradient(
    _ operation: FusedGraph.Operation, _ gradient: Int, _ planner: inout BatchPlanner
  ) throws(EngineError) {
    let (image, tokens) = (planner.shape(operation.input), planner.shape(operation.name))
    let step = ExtractStep(first: tokens.channels, count: image.count, from: tokens.count)
    planner.contribute(step, from: gradient, to: operation.input)
  }
}

private struct TokenEmbeddingStep: ForwardStep {
  /// Of the image.
  let shape: Shape
  let classToken, positions: UnsafePointer<Float>

  func run(_ operands: StepOperands, _ context: ExecutionContext) {
    let (input, result) = (operands.input, operands.result)
    for image in 0..<operands.images {
      context.embedTokens(
        input + image * shape.count, pixels: shape.pixels, channels: shape.channels, classToken: classToken,
        positions: positions, output: result + image * outputCount)
    }
  }

  var family: String { "tokens" }
  var operation: String { family }
  var outputCount: Int { shape.count + shape.channels }

  func cost(_ format: ActivationFormat) -> StepCost {
    var cost = StepCost.reading(shape.count)
    cost.weightBytes = (shape.count + 2 * shape.channels) * MemoryLayout<Float>.size
    return cost
  }
}
