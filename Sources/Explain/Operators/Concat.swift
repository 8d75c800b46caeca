import Kernels

/// Images of equal height and width with their channels one after the other, `[h, w, C1]`, `[h, w, C2]` ... to
/// `[h, w, C1 + C2 + ...]`.
struct Concat: GraphOperator {
  static let name = "concat"

  init() {}
  init(from attributes: AttributeDecoder) {}
  func encode(to attributes: inout AttributeEncoder) {}

  var inputCounts: ClosedRange<Int> { 2...GraphLimits.inputs }

  func outputShape(_ inputs: [Shape], node: String) throws(GraphError) -> Shape {
    var shape = inputs[0]
    for other in inputs.dropFirst() {
      guard other.height == shape.height, other.width == shape.width else {
        throw .unequalSides(node: node, inputs[0], other)
      }
      shape.channels += other.channels
    }
    return shape
  }

  func work(_ inputs: [Shape], _ output: Shape) -> Int { output.count }

  func tensors(_ inputs: [Shape], _ precision: Precision) -> [TensorUse] { [] }

  func isNonNegative(_ inputs: [Bool]) -> Bool { inputs.allSatisfy(\.self) }

  func expected(_ inputs: [[ChannelMoments]?], normalized: [ChannelMoments]?) -> [ChannelMoments]? {
    let known = inputs.compactMap(\.self)
    return known.count == inputs.count ? known.flatMap(\.self) : nil
  }

  var epilogue: EpilogueSupport { [] }
  var epiloguePart: EpiloguePart? { nil }
  var operandWindow: Window? { nil }

  func plan(_ operation: FusedGraph.Operation, _ planner: inout some ForwardPlanner) throws(EngineError) {
    let parts = operation.node.inputs.map {
      ConcatStep.Part(tensor: planner.tensor($0), channels: planner.shape($0).channels)
    }
    planner.append(operation, ConcatStep(parts: parts, shape: planner.shape(operation.name)), canQuantize: true)
  }

  func gradient(
    _ operation: FusedGraph.Operation, _ gradient: Int, _ planner: inout BatchPlanner
  ) throws(EngineError) {
    let shape = planner.shape(operation.name)
    var first = 0
    for input in operation.node.inputs {
      let count = planner.shape(input).channels
      planner.contribute(ConcatGradientStep(shape: shape, first: first, count: count), from: gradient, to: input)
      first += count
    }
  }
}

private struct ConcatStep: ForwardStep {
  struct Part {
    /// In the arena.
    var tensor: Int
    var channels: Int
  }

  let parts: [Part]
  /// Of the result.
  let shape: Shape

  func run(_ operands: StepOperands, _ context: ExecutionContext) {
    context.concatenate(
      parts.map { (UnsafePointer(operands.memory.floats($0.tensor)), $0.channels) },
      rows: operands.images * shape.height, width: shape.width, output: operands.output, quantized: operands.quantized)
  }

  var family: String { "concat" }
  var operation: String { "\(family) \(parts.count) tensors" }
  var outputCount: Int { shape.count }
  func cost(_ format: ActivationFormat) -> StepCost { .reading(shape.count) }
}

private struct ConcatGradientStep: Step {
  /// Of the concatenation.
  let shape: Shape
  /// Channels of the input whose gradient this is.
  let first, count: Int

  func run(_ operands: StepOperands, _ context: ExecutionContext) {
    context.extractChannels(
      operands.input, pixels: operands.images * shape.pixels, channels: shape.channels, first: first, count: count,
      output: operands.result)
  }
}
