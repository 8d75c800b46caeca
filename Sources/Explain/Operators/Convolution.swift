import Kernels

/// Dense convolution; a linear layer is the 1 x 1 case on a 1 x 1 image or on tokens.
struct Convolution: ConvolutionOperator {
  static let name = "conv2d"

  var attributes: ConvolutionAttributes

  init(window: Window, outputChannels: Int, weights: WeightNames) {
    attributes = ConvolutionAttributes(window: window, outputChannels: outputChannels, weights: weights)
  }

  init(from attributes: AttributeDecoder) throws { self.attributes = try ConvolutionAttributes(from: attributes) }

  func encode(to attributes: inout AttributeEncoder) throws { try self.attributes.encode(to: &attributes) }

  var inputCounts: ClosedRange<Int> { 1...1 }

  /// How the kernels walk an input of this many channels.
  func reduction(channels: Int) -> ReductionLayout {
    ReductionLayout(
      kernelHeight: window.kernelHeight, kernelWidth: window.kernelWidth, dilationHeight: window.dilationHeight,
      dilationWidth: window.dilationWidth, channels: channels)
  }

  func outputShape(_ inputs: [Shape], node: String) throws(GraphError) -> Shape {
    let shape = try window.slide(over: inputs[0], channels: outputChannels, mayDilate: true, node: node)
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
