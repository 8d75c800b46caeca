import Glibc
import Kernels

/// Sum of two tensors of equal shape.
struct Add: GraphOperator {
  static let name = "add"

  init() {}
  init(from attributes: AttributeDecoder) {}
  func encode(to attributes: inout AttributeEncoder) {}

  var inputCounts: ClosedRange<Int> { 2...2 }

  func outputShape(_ inputs: [Shape], node: String) throws(GraphError) -> Shape {
    guard inputs[0] == inputs[1] else { throw .unequalShapes(node: node, inputs[0], inputs[1]) }
    return inputs[0]
  }

  func work(_ inputs: [Shape], _ output: Shape) -> Int { output.count }

  func tensors(_ inputs: [Shape], _ precision: Precision) -> [TensorUse] { [] }

  func isNonNegative(_ inputs: [Bool]) -> Bool { inputs.allSatisfy(\.self) }

  func expected(_ inputs: [[ChannelMoments]?], normalized: [ChannelMoments]?) -> [ChannelMoments]? {
    guard let a = inputs[0], let b = inputs[1] else { return nil }
    return zip(a, b).map {
      ChannelMoments(mean: $0.mean + $1.mean, deviation: hypot($0.deviation, $1.deviation))
    }
  }

  var epilogue: EpilogueSupport { .clamp }
  var epiloguePart: EpiloguePart? { .sum }
  var operandWindow: Window? { nil }

  func plan(_ operation: FusedGraph.Operation, _ planner: inout some ForwardPlanner) throws(EngineError) {
    let step = AddStep(
      other: planner.tensor(operation.node.inputs[1]), clamp: operation.epilogue.clamp,
      count: planner.shape(operation.name).count)
    planner.append(operation, step)
  }

  func gradient(
    _ operation: FusedGraph.Operation, _ gradient: Int, _ planner: inout BatchPlanner
  ) throws(EngineError) {
    // The other operand may take over the gradient only after this one has its own.
    let step = AddStep(other: nil, clamp: .none, count: planner.shape(operation.name).count)
    planner.contribute(step, from: gradient, to: operation.input)
    planner.pass(gradient, to: operation.node.inputs[1])
  }
}

/// A clamped sum; a clamped copy without a second operand.
struct AddStep: ForwardStep {
  /// Arena tensor.
  let other: Int?
  let clamp: Clamp
  /// Elements of one image.
  let count: Int

  func run(_ operands: StepOperands, _ context: ExecutionContext) {
    context.add(
      operands.input, other.map { UnsafePointer(operands.memory.floats($0)) }, clamp: clamp, output: operands.result,
      count: operands.images * count)
  }

  var family: String { "add" }
  var operation: String { family }
  var outputCount: Int { count }
  func cost(_ format: ActivationFormat) -> StepCost { .reading(other == nil ? count : 2 * count) }
}
