/// What the dense and the depthwise convolution have in common, coded alike.
struct ConvolutionAttributes: Sendable, Equatable {
  var window: Window
  var outputChannels: Int
  var weights: WeightNames
  /// Nil where the layer has the model's precision.
  var precision: Precision?
}

extension ConvolutionAttributes {
  init(from attributes: AttributeDecoder) throws {
    window = try Window(from: attributes)
    outputChannels = try attributes.decode(Int.self, forKey: "outputChannels")
    weights = try attributes.decode(WeightNames.self, forKey: "tensors")
    precision = try attributes.decodeIfPresent(Precision.self, forKey: "precision")
  }

  func encode(to attributes: inout AttributeEncoder) throws {
    try attributes.encode(outputChannels, forKey: "outputChannels")
    try window.encode(to: &attributes)
    try attributes.encode(weights, forKey: "tensors")
    if let precision { try attributes.encode(precision, forKey: "precision") }
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
  /// Of the layer in a model of this precision.
  func precision(in model: Precision) -> Precision { attributes.precision ?? model }
  var weights: WeightNames {
    get { attributes.weights }
    set { attributes.weights = newValue }
  }
}
