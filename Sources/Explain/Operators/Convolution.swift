/// Dense convolution; a linear layer is the 1 x 1 case on a 1 x 1 image or on tokens.
struct Convolution: GraphOperator {
  static let name = "conv2d"

  var window: Window
  var outputChannels: Int
  var weights: WeightNames

  init(window: Window, outputChannels: Int, weights: WeightNames) {
    (self.window, self.outputChannels, self.weights) = (window, outputChannels, weights)
  }

  init(from attributes: AttributeDecoder) throws {
    window = try Window(from: attributes)
    outputChannels = try attributes.decode(Int.self, forKey: "outputChannels")
    weights = try attributes.decode(WeightNames.self, forKey: "tensors")
  }

  func encode(to attributes: inout AttributeEncoder) throws {
    try attributes.encode(outputChannels, forKey: "outputChannels")
    try window.encode(to: &attributes)
    try attributes.encode(weights, forKey: "tensors")
  }

  var inputCounts: ClosedRange<Int> { 1...1 }

  func outputShape(_ inputs: [Shape], node: String) throws(GraphError) -> Shape {
    let shape = try window.slide(over: inputs[0], channels: outputChannels, node: node)
    // Each factor is bounded, so the product of three fits.
    let reduction = window.area * inputs[0].channels
    guard reduction <= GraphLimits.reduction else {
      throw .badAttribute(node: node, attribute: "reduction length", value: reduction)
    }
    return shape
  }

  func work(_ inputs: [Shape], _ output: Shape) -> Int { output.count * window.area * inputs[0].channels }

  func tensors(_ inputs: [Shape], _ precision: Precision) -> [TensorUse] {
    weights.tensors(
      TensorLayout(
        .dense, kernelHeight: window.kernelHeight, kernelWidth: window.kernelWidth, inputChannels: inputs[0].channels,
        outputChannels: outputChannels, precision: precision))
  }

  func isNonNegative(_ inputs: [Bool]) -> Bool { false }

  func expected(_ inputs: [[ChannelMoments]?], normalized: [ChannelMoments]?) -> [ChannelMoments]? { normalized }

  var epilogue: EpilogueSupport { [.sum, .clamp, .function] }
  var epiloguePart: EpiloguePart? { nil }
  var operandWindow: Window? { window }

  func plan(_ operation: FusedGraph.Operation, _ planner: inout some ForwardPlanner) throws(EngineError) {
    try planner.append(self, operation)
  }

  func gradient(
    _ operation: FusedGraph.Operation, _ gradient: Int, _ planner: inout BatchPlanner
  ) throws(EngineError) {
    try planner.appendGradient(of: self, operation, gradient)
  }
}
