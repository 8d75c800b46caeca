extension Graph {
  /// The shape of every node's tensor, and of the input.
  ///
  /// Checks all that can be checked without weights: names, order, attributes and shapes. Arithmetic cannot overflow,
  /// because every operand is bounded by `GraphLimits` first.
  public func inferShapes() throws(GraphError) -> [String: Shape] {
    guard inputShape.isPossible else { throw .badInputShape(inputShape) }
    guard nodes.count <= GraphLimits.nodes else { throw .tooManyNodes(nodes.count) }
    var names: Set<String> = [input]
    for (index, node) in nodes.enumerated() {
      guard !node.name.isEmpty else { throw .emptyName(index: index) }
      guard names.insert(node.name).inserted else { throw .duplicateName(node.name) }
    }
    var shapes = [input: inputShape]
    var work = 0
    for node in nodes {
      var inputs: [Shape] = []
      for name in node.inputs {
        guard names.contains(name) else { throw .unknownInput(node: node.name, input: name) }
        guard let shape = shapes[name] else { throw .inputNotYetComputed(node: node.name, input: name) }
        inputs.append(shape)
      }
      let shape = try node.outputShape(inputs)
      shapes[node.name] = shape
      work += shape.count * node.op.workPerElement(inputs[0])
      guard work <= GraphLimits.work else { throw .tooMuchWork(node: node.name, limit: GraphLimits.work) }
    }
    guard output != input, shapes[output] != nil else { throw .unknownOutput(output) }
    return shapes
  }
}

extension Shape {
  /// Positive, and within the bounds of `GraphLimits`.
  var isPossible: Bool {
    (1...GraphLimits.side).contains(height) && (1...GraphLimits.side).contains(width)
      && (1...GraphLimits.channels).contains(channels) && count <= GraphLimits.elements
  }
}

extension Node {
  /// The shape that the operator yields for inputs of these (possible) shapes.
  func outputShape(_ inputs: [Shape]) throws(GraphError) -> Shape {
    guard inputs.count == op.inputCount else {
      throw .wrongInputCount(node: name, expected: op.inputCount, found: inputs.count)
    }
    let input = inputs[0]
    let shape: Shape
    switch op {
    case .convolution(let convolution, _):
      shape = try slide(convolution.window, over: input, channels: convolution.outputChannels)
      // Each factor is bounded, so the product of three fits.
      let reduction = convolution.window.kernelHeight * convolution.window.kernelWidth * input.channels
      guard reduction <= GraphLimits.reduction else {
        throw .badAttribute(node: name, attribute: "reduction length", value: reduction)
      }
    case .depthwiseConvolution(let convolution, _):
      shape = try slide(convolution.window, over: input, channels: convolution.outputChannels)
      guard convolution.outputChannels == input.channels else {
        throw .channelMismatch(node: name, expected: input.channels, found: convolution.outputChannels)
      }
    case .maxPool(let window):
      shape = try slide(window, over: input, channels: input.channels)
    case .activation:
      shape = input
    case .add:
      guard inputs[0] == inputs[1] else { throw .unequalShapes(node: name, inputs[0], inputs[1]) }
      shape = input
    case .globalAveragePool:
      shape = Shape(1, 1, input.channels)
    case .layerNorm(let norm):
      guard norm.epsilon > 0 && norm.epsilon <= 1 else { throw .badEpsilon(node: name, norm.epsilon) }
      shape = input
    case .tokens:
      shape = Shape(1, 1 + input.pixels, input.channels)
    case .attention(let attention):
      shape = try attend(attention, to: input)
    case .firstToken:
      shape = Shape(1, 1, try tokens(input).channels)
    case .imageTokens(let image):
      shape = try self.image(image, of: input)
    }
    guard shape.isPossible else { throw .tensorTooLarge(node: name, shape) }
    return shape
  }

  private func slide(_ window: Window, over input: Shape, channels: Int) throws(GraphError) -> Shape {
    try check("kernel height", window.kernelHeight, 1...GraphLimits.kernel)
    try check("kernel width", window.kernelWidth, 1...GraphLimits.kernel)
    try check("stride", window.stride, 1...GraphLimits.stride)
    try check("output channels", channels, 1...GraphLimits.channels)
    // Padding of a whole kernel would make windows that see no pixel at all.
    try check("padding", window.top, 0...window.kernelHeight - 1)
    try check("padding", window.left, 0...window.kernelWidth - 1)
    try check("padding", window.bottom, 0...window.kernelHeight - 1)
    try check("padding", window.right, 0...window.kernelWidth - 1)
    let height = input.height + window.top + window.bottom
    let width = input.width + window.left + window.right
    guard window.kernelHeight <= height && window.kernelWidth <= width else {
      let kernel = [window.kernelHeight, window.kernelWidth]
      throw .windowTooLarge(node: name, kernel: kernel, paddedInput: [height, width])
    }
    return Shape(
      (height - window.kernelHeight) / window.stride + 1, (width - window.kernelWidth) / window.stride + 1, channels)
  }

  /// `input`, if it is a row of tokens.
  private func tokens(_ input: Shape) throws(GraphError) -> Shape {
    guard input.height == 1 else { throw .notTokens(node: name, input) }
    return input
  }

  private func attend(_ attention: Attention, to input: Shape) throws(GraphError) -> Shape {
    let tokens = try tokens(input)
    let channels = tokens.channels / 3
    guard channels > 0, tokens.channels % 3 == 0 else {
      throw .badAttribute(node: name, attribute: "number of input channels", value: tokens.channels)
    }
    try check("number of heads", attention.heads, 1...channels)
    guard channels % attention.heads == 0 else {
      throw .badAttribute(node: name, attribute: "number of heads", value: attention.heads)
    }
    return Shape(1, tokens.width, channels)
  }

  private func image(_ image: ImageTokens, of input: Shape) throws(GraphError) -> Shape {
    let tokens = try tokens(input)
    try check("height", image.height, 1...GraphLimits.side)
    try check("width", image.width, 1...GraphLimits.side)
    let expected = 1 + image.height * image.width
    guard tokens.width == expected else {
      throw .wrongTokenCount(node: name, expected: expected, found: tokens.width)
    }
    return Shape(image.height, image.width, tokens.channels)
  }

  private func check(_ attribute: String, _ value: Int, _ range: ClosedRange<Int>) throws(GraphError) {
    guard range.contains(value) else { throw .badAttribute(node: name, attribute: attribute, value: value) }
  }
}

extension Operator {
  /// Tensors that the operator reads.
  var inputCount: Int {
    switch self {
    case .add: 2
    case .convolution, .depthwiseConvolution, .activation, .maxPool, .globalAveragePool, .layerNorm, .tokens,
      .attention, .firstToken, .imageTokens:
      1
    }
  }

  /// Multiplications for one element of the result; 1 where there are none, for the element itself takes time.
  ///
  /// - Parameter input: shape of the first input.
  func workPerElement(_ input: Shape) -> Int {
    switch self {
    case .convolution(let convolution, _): convolution.window.area * input.channels
    case .depthwiseConvolution(let convolution, _): convolution.window.area
    case .maxPool(let window): window.area
    case .globalAveragePool: input.pixels
    case .attention: 2 * input.pixels
    case .activation, .add, .layerNorm, .tokens, .firstToken, .imageTokens: 1
    }
  }
}

extension Window {
  fileprivate var area: Int { kernelHeight * kernelWidth }
}
