import Kernels

/// Mean over each window.
struct AveragePool: GraphOperator {
  static let name = "average_pool"

  var window: Window
  /// Whether padding counts as pixels of 0: PyTorch's and ONNX's `count_include_pad`. A mean over the image's pixels alone
  /// if not.
  var countsPadding: Bool

  init(_ window: Window, countsPadding: Bool) { (self.window, self.countsPadding) = (window, countsPadding) }

  init(from attributes: AttributeDecoder) throws {
    window = try Window(from: attributes)
    countsPadding = try attributes.decode(Bool.self, forKey: "countsPadding")
  }

  func encode(to attributes: inout AttributeEncoder) throws {
    try window.encode(to: &attributes)
    try attributes.encode(countsPadding, forKey: "countsPadding")
  }

  var inputCounts: ClosedRange<Int> { 1...1 }

  func outputShape(_ inputs: [Shape], node: String) throws(GraphError) -> Shape {
    try window.slide(over: inputs[0], channels: inputs[0].channels, node: node)
  }

  func work(_ inputs: [Shape], _ output: Shape) -> Int { output.count * window.area }

  func tensors(_ inputs: [Shape], _ precision: Precision) -> [TensorUse] { [] }

  func isNonNegative(_ inputs: [Bool]) -> Bool { inputs[0] }

  /// A mean has the mean of its pixels, unless padding draws it towards 0. It deviates as they do at most, and as they do
  /// where neighbours are alike.
  func expected(_ inputs: [[ChannelMoments]?], normalized: [ChannelMoments]?) -> [ChannelMoments]? {
    countsPadding && window.isPadded ? nil : inputs[0]
  }

  var epilogue: EpilogueSupport { [] }
  var epiloguePart: EpiloguePart? { nil }
  var operandWindow: Window? { nil }

  func plan(_ operation: FusedGraph.Operation, _ planner: inout some ForwardPlanner) throws(EngineError) {
    let step = AveragePoolStep(geometry: planner.geometry(window, operation), countsPadding: countsPadding)
    planner.append(operation, step, canQuantize: true)
  }

  func gradient(
    _ operation: FusedGraph.Operation, _ gradient: Int, _ planner: inout BatchPlanner
  ) throws(EngineError) {
    let step = AveragePoolGradientStep(geometry: planner.geometry(window, operation), countsPadding: countsPadding)
    planner.contribute(step, from: gradient, to: operation.input)
  }
}

private struct AveragePoolStep: ForwardStep {
  let geometry: WindowGeometry
  let countsPadding: Bool

  func run(_ operands: StepOperands, _ context: ExecutionContext) {
    let quantized = operands.quantized
    operands.forEachImage(reading: geometry.inputCount, writing: geometry.outputCount) { input, output in
      context.averagePool(geometry, countsPadding: countsPadding, input: input, output: output, quantized: quantized)
    }
  }

  var family: String { "average pool" }
  var operation: String { "\(family) \(geometry.kernelHeight)x\(geometry.kernelWidth)/\(geometry.stride)" }
  var outputCount: Int { geometry.outputCount }
  func cost(_ format: ActivationFormat) -> StepCost { .reading(geometry.inputCount) }
}

private struct AveragePoolGradientStep: Step {
  let geometry: WindowGeometry
  let countsPadding: Bool

  func run(_ operands: StepOperands, _ context: ExecutionContext) {
    context.averagePoolGradient(
      images: operands.images, geometry, countsPadding: countsPadding, gradient: operands.input,
      result: operands.result)
  }
}
