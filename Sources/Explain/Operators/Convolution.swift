import Kernels

/// Convolution in which an output channel reads all input channels, or those of its group; a linear layer is the 1 x 1 case on
/// a 1 x 1 image or on tokens.
struct Convolution: ConvolutionOperator {
  static let name = "conv2d"

  var attributes: ConvolutionAttributes
  /// Groups of channels that are convolved each by itself. Files say none where there is one.
  var groups: Int

  init(window: Window, outputChannels: Int, groups: Int = 1, weights: WeightNames, precision: Precision? = nil) {
    attributes = ConvolutionAttributes(
      window: window, outputChannels: outputChannels, weights: weights, precision: precision)
    self.groups = groups
  }

  init(from attributes: AttributeDecoder) throws {
    self.attributes = try ConvolutionAttributes(from: attributes)
    groups = try attributes.decodeIfPresent(Int.self, forKey: "groups") ?? 1
  }

  func encode(to attributes: inout AttributeEncoder) throws {
    try self.attributes.encode(to: &attributes)
    if groups > 1 { try attributes.encode(groups, forKey: "groups") }
  }

  var inputCounts: ClosedRange<Int> { 1...1 }

  /// How the kernels walk an input of this many channels.
  func reduction(channels: Int) -> ReductionLayout {
    ReductionLayout(
      kernelHeight: window.kernelHeight, kernelWidth: window.kernelWidth, dilationHeight: window.dilationHeight,
      dilationWidth: window.dilationWidth, channels: channels,
      groups: ChannelGroups(groups, outputs: outputChannels))
  }

  func outputShape(_ inputs: [Shape], node: String) throws(GraphError) -> Shape {
    let shape = try window.slide(over: inputs[0], channels: outputChannels, mayDilate: true, node: node)
    try checkAttribute("groups", groups, 1...GraphLimits.channels, node: node)
    guard inputs[0].channels.isMultiple(of: groups), outputChannels.isMultiple(of: groups) else {
      throw .badAttribute(node: node, attribute: "groups", value: groups)
    }
    // Each factor is bounded, so the product of three fits.
    let reduction = window.area * inputs[0].channels / groups
    guard reduction <= GraphLimits.reduction else {
      throw .badAttribute(node: node, attribute: "reduction length", value: reduction)
    }
    return shape
  }

  func work(_ inputs: [Shape], _ output: Shape) -> Int { output.count * window.area * inputs[0].channels / groups }

  func tensors(_ inputs: [Shape], _ precision: Precision) -> [TensorUse] {
    weights.tensors(
      TensorLayout(
        .dense, kernelHeight: window.kernelHeight, kernelWidth: window.kernelWidth, inputChannels: inputs[0].channels,
        outputChannels: outputChannels, groups: groups, precision: self.precision(in: precision)))
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
