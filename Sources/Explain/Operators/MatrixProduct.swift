import Kernels

/// Products of the matrices of two tensors, pair by pair: `[pairs, rows, depth]` and `[pairs, depth, columns]` to
/// `[pairs, rows, columns]`; for attention of any form.
struct MatrixProduct: GraphOperator {
  static let name = "matrix_product"

  /// Whether the second tensor is `[pairs, columns, depth]`.
  var isTransposed: Bool

  init(isTransposed: Bool) { self.isTransposed = isTransposed }

  init(from attributes: AttributeDecoder) throws {
    isTransposed = try attributes.decode(Bool.self, forKey: "isTransposed")
  }

  func encode(to attributes: inout AttributeEncoder) throws {
    try attributes.encode(isTransposed, forKey: "isTransposed")
  }

  var inputCounts: ClosedRange<Int> { 2...2 }

  func outputShape(_ inputs: [Shape], node: String) throws(GraphError) -> Shape {
    let (first, second) = (inputs[0], inputs[1])
    let (depth, columns) =
      isTransposed ? (second.channels, second.width) : (second.width, second.channels)
    guard first.height == second.height, first.channels == depth else {
      throw .unequalShapes(node: node, first, second)
    }
    try checkAttribute("depth", depth, 1...GraphLimits.reduction, node: node)
    return Shape(first.height, first.width, columns)
  }

  func work(_ inputs: [Shape], _ output: Shape) -> Int { output.count * inputs[0].channels }

  func tensors(_ inputs: [Shape], _ precision: Precision) -> [TensorUse] { [] }

  func isNonNegative(_ inputs: [Bool]) -> Bool { inputs.allSatisfy(\.self) }

  func expected(_ inputs: [[ChannelMoments]?], normalized: [ChannelMoments]?) -> [ChannelMoments]? { nil }

  var epilogue: EpilogueSupport { [] }
  var epiloguePart: EpiloguePart? { nil }
  var operandWindow: Window? { nil }

  func plan(_ operation: FusedGraph.Operation, _ planner: inout some ForwardPlanner) throws(EngineError) {
    let second = planner.tensor(operation.node.inputs[1])
    planner.append(operation, MatrixProductStep(batch: batch(operation, planner), second: second))
  }

  func gradient(
    _ operation: FusedGraph.Operation, _ gradient: Int, _ planner: inout BatchPlanner
  ) throws(EngineError) {
    let batch = batch(operation, planner)
    let inputs = operation.node.inputs
    for index in 0..<2 {
      let other = planner.tensor(inputs[1 - index])
      let step = MatrixProductGradientStep(batch: batch, isOfFirst: index == 0, other: other)
      planner.contribute(step, from: gradient, to: inputs[index], reading: [other])
    }
  }

  private func batch(_ operation: FusedGraph.Operation, _ planner: some ForwardPlanner) -> ProductBatch {
    let (first, result) = (planner.shape(operation.input), planner.shape(operation.name))
    return ProductBatch(
      count: first.height, rows: first.width, depth: first.channels, columns: result.channels,
      isTransposed: isTransposed)
  }
}

private struct MatrixProductStep: ForwardStep {
  let batch: ProductBatch
  /// Arena tensor.
  let second: Int

  func run(_ operands: StepOperands, _ context: ExecutionContext) {
    let (first, second, result) = (operands.input, operands.memory.floats(second), operands.result)
    for image in 0..<operands.images {
      context.products(
        batch, first + image * batch.firstCount, second + image * batch.secondCount,
        into: result + image * batch.productCount)
    }
  }

  var family: String { "matrix product" }
  var operation: String { "\(family) \(batch.rows)x\(batch.depth)x\(batch.columns)" }
  var outputCount: Int { batch.productCount }

  func cost(_ format: ActivationFormat) -> StepCost {
    var cost = StepCost.reading(batch.firstCount + batch.secondCount)
    cost.floatMACs = batch.productCount * batch.depth
    return cost
  }
}

private struct MatrixProductGradientStep: Step {
  let batch: ProductBatch
  /// Whose gradient this is.
  let isOfFirst: Bool
  /// Arena tensor of the other operand.
  let other: Int

  func run(_ operands: StepOperands, _ context: ExecutionContext) {
    let (gradient, other, result) = (operands.input, operands.memory.floats(other), operands.result)
    for image in 0..<operands.images {
      let gradient = gradient + image * batch.productCount
      if isOfFirst {
        context.firstGradients(
          batch, gradient, second: other + image * batch.secondCount, into: result + image * batch.firstCount)
      } else {
        context.secondGradients(
          batch, gradient, first: other + image * batch.firstCount, into: result + image * batch.secondCount)
      }
    }
  }
}
