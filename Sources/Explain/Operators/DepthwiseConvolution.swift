/// Convolution of each channel with its own kernel.
struct DepthwiseConvolution: GraphOperator {
  static let name = "depthwise_conv2d"

  var window: Window
  /// As many as the input has.
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

  var inputCount: Int { 1 }

  func outputShape(_ inputs: [Shape], node: String) throws(GraphError) -> Shape {
    let shape = try window.slide(over: inputs[0], channels: outputChannels, node: node)
    guard outputChannels == inputs[0].channels else {
      throw .channelMismatch(node: node, expected: inputs[0].channels, found: outputChannels)
    }
    return shape
  }

  func work(_ inputs: [Shape], _ output: Shape) -> Int { output.count * window.area }

  func tensors(_ inputs: [Shape], _ precision: Precision) -> [TensorUse] {
    weights.tensors(
      TensorLayout(
        .depthwise, kernelHeight: window.kernelHeight, kernelWidth: window.kernelWidth,
        inputChannels: inputs[0].channels, outputChannels: outputChannels, precision: precision))
  }

  func isNonNegative(_ inputs: [Bool]) -> Bool { false }

  func expected(_ inputs: [[ChannelMoments]?], normalized: [ChannelMoments]?) -> [ChannelMoments]? { normalized }

  var epilogue: EpilogueSupport { .clamp }
  var epiloguePart: EpiloguePart? { nil }
}
