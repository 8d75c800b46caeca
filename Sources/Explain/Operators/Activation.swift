import Kernels

/// A function of every element.
struct Activation: GraphOperator {
  static let name = "activation"

  let function: any ActivationFunction.Type

  init(_ function: any ActivationFunction.Type) { self.function = function }

  /// The functions that a model file may name.
  static let functions: [any ActivationFunction.Type] = [
    ReLU.self, ReLU6.self, GELU.self, Sigmoid.self, SiLU.self, HardSigmoid.self, HardSwish.self,
    QuickGELU.self, Tanh.self, TanhGELU.self,
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
  var epiloguePart: EpiloguePart? { .activation(function) }
  var operandWindow: Window? { nil }

  func plan(_ operation: FusedGraph.Operation, _ planner: inout some ForwardPlanner) throws(EngineError) {
    let step = ActivationStep(function: function, shape: planner.shape(operation.name))
    planner.append(operation, step, canQuantize: true)
  }

  func gradient(
    _ operation: FusedGraph.Operation, _ gradient: Int, _ planner: inout BatchPlanner
  ) throws(EngineError) {
    let count = planner.shape(operation.name).count
    if let function = function.epilogue.function {
      let input = planner.tensor(operation.input)
      let step = ActivationGradientStep(function: function, input: input, count: count)
      planner.replace(gradient, by: step, of: operation.input, reading: input)
    } else {
      let result = planner.tensor(operation.name)
      let step = ClampGradientStep(clamp: function.epilogue.clamp, result: result, count: count)
      planner.replace(gradient, by: step, of: operation.input, reading: result)
    }
  }
}

private struct ActivationStep: ForwardStep {
  let function: any ActivationFunction.Type
  let shape: Shape

  func run(_ operands: StepOperands, _ context: ExecutionContext) {
    context.activate(
      function.epilogue, operands.input, rows: operands.images * shape.pixels, channels: shape.channels,
      output: operands.output, quantized: operands.quantized)
  }

  var family: String { function.name }
  var operation: String { family }
  var outputCount: Int { shape.count }
  func cost(_ format: ActivationFormat) -> StepCost { .reading(shape.count) }
}

private struct ActivationGradientStep: Step {
  let function: ActivationKernel
  /// Arena tensor of the function's arguments.
  let input: Int
  /// Elements of one image.
  let count: Int

  func run(_ operands: StepOperands, _ context: ExecutionContext) {
    context.activationGradient(
      function, operands.input, input: operands.memory.floats(input), result: operands.result,
      count: operands.images * count)
  }
}

/// The gradient of a clamp, of a node's own or at the end of an operator.
struct ClampGradientStep: Step {
  let clamp: Clamp
  /// Arena tensor of the clamped values.
  let result: Int
  /// Elements of one image.
  let count: Int

  func run(_ operands: StepOperands, _ context: ExecutionContext) {
    context.clampGradient(
      operands.input, output: operands.memory.floats(result), clamp: clamp, result: operands.result,
      count: operands.images * count)
  }
}
