import Kernels

/// Maximum over all pixels: `[1, 1, channels]`.
struct GlobalMaxPool: GraphOperator {
  static let name = "global_max_pool"

  init() {}
  init(from attributes: AttributeDecoder) {}
  func encode(to attributes: inout AttributeEncoder) {}

  var inputCounts: ClosedRange<Int> { 1...1 }

  func outputShape(_ inputs: [Shape], node: String) throws(GraphError) -> Shape { Shape(1, 1, inputs[0].channels) }

  func work(_ inputs: [Shape], _ output: Shape) -> Int { inputs[0].count }

  func tensors(_ inputs: [Shape], _ precision: Precision) -> [TensorUse] { [] }

  func isNonNegative(_ inputs: [Bool]) -> Bool { inputs[0] }

  /// As of any maximum, nothing is known.
  func expected(_ inputs: [[ChannelMoments]?], normalized: [ChannelMoments]?) -> [ChannelMoments]? { nil }

  var epilogue: EpilogueSupport { [] }
  var epiloguePart: EpiloguePart? { nil }
  var operandWindow: Window? { nil }

  func plan(_ operation: FusedGraph.Operation, _ planner: inout some ForwardPlanner) throws(EngineError) {
    planner.append(operation, MaxPoolStep(geometry: geometry(operation, planner)), canQuantize: true)
  }

  func gradient(
    _ operation: FusedGraph.Operation, _ gradient: Int, _ planner: inout BatchPlanner
  ) throws(EngineError) {
    let (input, result) = (planner.tensor(operation.input), planner.tensor(operation.name))
    let step = MaxPoolGradientStep(geometry: geometry(operation, planner), input: input, result: result)
    planner.contribute(step, from: gradient, to: operation.input, reading: [input, result])
  }

  /// One window over the whole image.
  private func geometry(_ operation: FusedGraph.Operation, _ planner: some ForwardPlanner) -> WindowGeometry {
    let image = planner.shape(operation.input)
    let window = Window(
      kernelHeight: image.height, kernelWidth: image.width, stride: 1, top: 0, left: 0, bottom: 0, right: 0)
    return planner.geometry(window, operation)
  }
}
