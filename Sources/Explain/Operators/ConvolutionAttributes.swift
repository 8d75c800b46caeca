/// What the dense and the depthwise convolution have in common, coded alike.
struct ConvolutionAttributes: Sendable, Equatable {
  var window: Window
  var outputChannels: Int
  var weights: WeightNames
}

extension ConvolutionAttributes {
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
}

/// A convolution of either kind.
protocol ConvolutionOperator: GraphOperator {
  var attributes: ConvolutionAttributes { get set }
}

extension ConvolutionOperator {
  var window: Window { attributes.window }
  var outputChannels: Int {
    get { attributes.outputChannels }
    set { attributes.outputChannels = newValue }
  }
  var weights: WeightNames {
    get { attributes.weights }
    set { attributes.weights = newValue }
  }
}
