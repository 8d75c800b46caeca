import Kernels

/// A tensor of the model file, whatever the image is: biases and positions that are used in several places, learned queries.
///
/// The input's values do not matter. It is there because every node of a graph comes after another one.
struct Constant: GraphOperator {
  static let name = "constant"

  var shape: Shape
  /// Name of an F32 tensor `[h, w, c]`.
  var values: String

  private struct TensorNames: Codable {
    var values: String
  }

  init(shape: Shape, values: String) { (self.shape, self.values) = (shape, values) }

  init(from attributes: AttributeDecoder) throws {
    let shape = try attributes.integers(3, forKey: "shape")
    let names = try attributes.decode(TensorNames.self, forKey: "tensors")
    self.init(shape: Shape(shape[0], shape[1], shape[2]), values: names.values)
  }

  func encode(to attributes: inout AttributeEncoder) throws {
    try attributes.encode([shape.height, shape.width, shape.channels], forKey: "shape")
    try attributes.encode(TensorNames(values: values), forKey: "tensors")
  }

  var inputCounts: ClosedRange<Int> { 1...1 }

  func outputShape(_ inputs: [Shape], node: String) throws(GraphError) -> Shape {
    try checkAttribute("height", shape.height, 1...GraphLimits.side, node: node)
    try checkAttribute("width", shape.width, 1...GraphLimits.side, node: node)
    try checkAttribute("channels", shape.channels, 1...GraphLimits.channels, node: node)
    try checkAttribute("elements", shape.count, 1...GraphLimits.elements, node: node)
    return shape
  }

  func work(_ inputs: [Shape], _ output: Shape) -> Int { output.count }

  func tensors(_ inputs: [Shape], _ precision: Precision) -> [TensorUse] {
    [.needed(.parameters(values, [shape.height, shape.width, shape.channels]))]
  }

  func isNonNegative(_ inputs: [Bool]) -> Bool { false }

  func expected(_ inputs: [[ChannelMoments]?], normalized: [ChannelMoments]?) -> [ChannelMoments]? { nil }

  var epilogue: EpilogueSupport { [] }
  var epiloguePart: EpiloguePart? { nil }
  var operandWindow: Window? { nil }

  func plan(_ operation: FusedGraph.Operation, _ planner: inout some ForwardPlanner) throws(EngineError) {
    planner.append(operation, ConstantStep(count: shape.count, values: planner.model.floats(values)))
  }

  /// Nothing of the image enters.
  func gradient(
    _ operation: FusedGraph.Operation, _ gradient: Int, _ planner: inout BatchPlanner
  ) throws(EngineError) {}
}

private struct ConstantStep: ForwardStep {
  let count: Int
  let values: UnsafePointer<Float>

  func run(_ operands: StepOperands, _ context: ExecutionContext) {
    for image in 0..<operands.images { (operands.result + image * count).update(from: values, count: count) }
  }

  var family: String { Constant.name }
  var operation: String { family }
  var outputCount: Int { count }

  func cost(_ format: ActivationFormat) -> StepCost {
    var cost = StepCost()
    cost.weightBytes = count * MemoryLayout<Float>.size
    return cost
  }
}
