import Kernels

/// A function of every element.
struct Activation: GraphOperator {
  static let name = "activation"

  let function: any ActivationFunction.Type

  init(_ function: any ActivationFunction.Type) { self.function = function }

  /// The functions that a model file may name.
  static let functions: [any ActivationFunction.Type] = [
    ReLU.self, ReLU6.self, GELU.self, Sigmoid.self, SiLU.self, HardSigmoid.self, HardSwish.self,
  ]

  init(from attributes: AttributeDecoder) throws {
    let name = try attributes.decode(String.self, forKey: "function")
    guard let function = Self.functions.first(where: { $0.name == name }) else {
      let message = "the activation function \(name) is unknown"
      throw DecodingError.dataCorruptedError(forKey: "function", in: attributes, debugDescription: message)
    }
    self.function = function
  }

  func encode(to attributes: inout AttributeEncoder) throws { try attributes.encode(function.name, forKey: "function") }

  static func == (a: Activation, b: Activation) -> Bool { a.function == b.function }

  var inputCounts: ClosedRange<Int> { 1...1 }

  func outputShape(_ inputs: [Shape], node: String) throws(GraphError) -> Shape { inputs[0] }

  func work(_ inputs: [Shape], _ output: Shape) -> Int { output.count }

  func tensors(_ inputs: [Shape], _ precision: Precision) -> [TensorUse] { [] }

  func isNonNegative(_ inputs: [Bool]) -> Bool { function.isNonNegative(inputs[0]) }

  func expected(_ inputs: [[ChannelMoments]?], normalized: [ChannelMoments]?) -> [ChannelMoments]? {
    guard let input = inputs[0] else { return nil }
    let moments = input.compactMap(function.expected)
    return moments.count == input.count ? moments : nil
  }

  var epilogue: EpilogueSupport { [] }
  var epiloguePart: EpiloguePart? { function.epilogue.map(EpiloguePart.function) }
  var operandWindow: Window? { nil }

  func plan(_ operation: FusedGraph.Operation, _ planner: inout some ForwardPlanner) throws(EngineError) {
    planner.append(operation, ActivationStep(function: function, count: planner.shape(operation.name).count))
  }

  func gradient(
    _ operation: FusedGraph.Operation, _ gradient: Int, _ planner: inout BatchPlanner
  ) throws(EngineError) {
    let read = planner.tensor(function.gradientReads == .argument ? operation.input : operation.name)
    let step = ActivationGradientStep(function: function, values: read, count: planner.shape(operation.name).count)
    planner.replace(gradient, by: step, of: operation.input, reading: read)
  }
}

private struct ActivationStep: ForwardStep {
  let function: any ActivationFunction.Type
  /// Elements of one image.
  let count: Int

  func run(_ operands: StepOperands, _ context: ExecutionContext) {
    function.run(operands.input, output: operands.result, count: operands.images * count, context)
  }

  var family: String { function.name }
  var operation: String { family }
  var outputCount: Int { count }
  func cost(_ format: ActivationFormat) -> StepCost { .reading(count) }
}

private struct ActivationGradientStep: Step {
  let function: any ActivationFunction.Type
  /// Arena tensor of the function's arguments or values.
  let values: Int
  let count: Int

  func run(_ operands: StepOperands, _ context: ExecutionContext) {
    function.gradient(
      operands.input, operands.memory.floats(values), result: operands.result, count: operands.images * count, context)
  }
}
