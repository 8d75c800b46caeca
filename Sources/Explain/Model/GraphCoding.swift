/// A node is one flat JSON object: its name, operator and inputs, then the operator's attributes.
///
/// ```json
/// {"name": "layer1.0.conv1", "op": "conv2d", "inputs": ["maxpool"], "outputChannels": 64, "kernel": [1, 1],
///  "stride": 1, "padding": [0, 0, 0, 0], "tensors": {"weight": "layer1.0.conv1.weight", ...}}
/// ```
/// `kernel` and `size` are height, width; `padding` is top, left, bottom, right.
extension Node: Codable {
  private enum CodingKeys: String, CodingKey {
    case name, op, inputs, outputChannels, kernel, stride, padding, tensors, function, epsilon, heads, size
  }

  /// Operators by their name in the file.
  private enum OperatorName: String {
    case conv2d
    case depthwiseConv2d = "depthwise_conv2d"
    case activation
    case add
    case maxPool = "max_pool"
    case globalAveragePool = "global_average_pool"
    case layerNorm = "layer_norm"
    case tokens
    case attention
    case firstToken = "first_token"
    case imageTokens = "image_tokens"
  }

  /// Tensor names of `layer_norm`.
  private struct AffineNames: Codable {
    var weight, bias: String
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    name = try container.decode(String.self, forKey: .name)
    inputs = try container.decode([String].self, forKey: .inputs)
    let text = try container.decode(String.self, forKey: .op)
    guard let operatorName = OperatorName(rawValue: text) else {
      let message = "node \(name) has the unknown operator \(text)"
      throw DecodingError.dataCorruptedError(forKey: .op, in: container, debugDescription: message)
    }
    switch operatorName {
    case .conv2d:
      op = .convolution(try Self.convolution(container), try container.decode(WeightNames.self, forKey: .tensors))
    case .depthwiseConv2d:
      op = .depthwiseConvolution(
        try Self.convolution(container), try container.decode(WeightNames.self, forKey: .tensors))
    case .activation:
      op = .activation(try container.decode(Activation.self, forKey: .function))
    case .add:
      op = .add
    case .maxPool:
      op = .maxPool(try Self.window(container))
    case .globalAveragePool:
      op = .globalAveragePool
    case .layerNorm:
      let names = try container.decode(AffineNames.self, forKey: .tensors)
      let epsilon = try container.decode(Float.self, forKey: .epsilon)
      op = .layerNorm(LayerNorm(epsilon: epsilon, weight: names.weight, bias: names.bias))
    case .tokens:
      op = .tokens(try container.decode(TokenEmbedding.self, forKey: .tensors))
    case .attention:
      op = .attention(Attention(heads: try container.decode(Int.self, forKey: .heads)))
    case .firstToken:
      op = .firstToken
    case .imageTokens:
      let size = try Self.integers(2, .size, container)
      op = .imageTokens(ImageTokens(height: size[0], width: size[1]))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .name)
    try container.encode(inputs, forKey: .inputs)
    let operatorName: OperatorName
    switch op {
    case .convolution(let convolution, let weights):
      operatorName = .conv2d
      try Self.encode(convolution, weights, to: &container)
    case .depthwiseConvolution(let convolution, let weights):
      operatorName = .depthwiseConv2d
      try Self.encode(convolution, weights, to: &container)
    case .activation(let function):
      operatorName = .activation
      try container.encode(function, forKey: .function)
    case .add:
      operatorName = .add
    case .maxPool(let window):
      operatorName = .maxPool
      try Self.encode(window, to: &container)
    case .globalAveragePool:
      operatorName = .globalAveragePool
    case .layerNorm(let norm):
      operatorName = .layerNorm
      try container.encode(norm.epsilon, forKey: .epsilon)
      try container.encode(AffineNames(weight: norm.weight, bias: norm.bias), forKey: .tensors)
    case .tokens(let embedding):
      operatorName = .tokens
      try container.encode(embedding, forKey: .tensors)
    case .attention(let attention):
      operatorName = .attention
      try container.encode(attention.heads, forKey: .heads)
    case .firstToken:
      operatorName = .firstToken
    case .imageTokens(let image):
      operatorName = .imageTokens
      try container.encode([image.height, image.width], forKey: .size)
    }
    try container.encode(operatorName.rawValue, forKey: .op)
  }

  private static func convolution(_ container: KeyedDecodingContainer<CodingKeys>) throws -> Convolution {
    Convolution(
      window: try window(container), outputChannels: try container.decode(Int.self, forKey: .outputChannels))
  }

  private static func window(_ container: KeyedDecodingContainer<CodingKeys>) throws -> Window {
    let kernel = try integers(2, .kernel, container)
    let padding = try integers(4, .padding, container)
    return Window(
      kernelHeight: kernel[0], kernelWidth: kernel[1], stride: try container.decode(Int.self, forKey: .stride),
      top: padding[0], left: padding[1], bottom: padding[2], right: padding[3])
  }

  private static func integers(
    _ count: Int, _ key: CodingKeys, _ container: KeyedDecodingContainer<CodingKeys>
  ) throws -> [Int] {
    let values = try container.decode([Int].self, forKey: key)
    guard values.count == count else {
      let message = "\(key.rawValue) has \(values.count) values, \(count) are needed"
      throw DecodingError.dataCorruptedError(forKey: key, in: container, debugDescription: message)
    }
    return values
  }

  private static func encode(
    _ convolution: Convolution, _ weights: WeightNames, to container: inout KeyedEncodingContainer<CodingKeys>
  ) throws {
    try container.encode(convolution.outputChannels, forKey: .outputChannels)
    try encode(convolution.window, to: &container)
    try container.encode(weights, forKey: .tensors)
  }

  private static func encode(_ window: Window, to container: inout KeyedEncodingContainer<CodingKeys>) throws {
    try container.encode([window.kernelHeight, window.kernelWidth], forKey: .kernel)
    try container.encode(window.stride, forKey: .stride)
    try container.encode([window.top, window.left, window.bottom, window.right], forKey: .padding)
  }
}
