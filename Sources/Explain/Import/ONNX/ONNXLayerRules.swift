// Operators with weights: convolutions, linear layers, normalisation.

extension ONNXTranslator {
  static let layerRules: [String: Rule] = [
    "Conv": { translator, node throws(ImportError) in try translator.convolution(node) },
    "Gemm": { translator, node throws(ImportError) in try translator.gemm(node) },
    "MatMul": { translator, node throws(ImportError) in try translator.matMul(node) },
    "BatchNormalization": { translator, node throws(ImportError) in try translator.batchNormalization(node) },
  ]

  private mutating func convolution(_ node: ONNXNode) throws(ImportError) {
    let padding = try paddedImage(node)
    let input = padding.image
    let shape = graph.shape(input.node)
    guard padding.value == 0 else { throw unsupported(node, "only padding with 0 is supported") }
    guard let weights = try constant(node, 1), weights.shape.count == 4 else {
      throw unsupported(node, "the weights are not [outputs, inputs, height, width]")
    }
    let groups = node.int("group", 1)
    let outputs = weights.shape[0]
    guard groups > 0, shape.channels.isMultiple(of: groups), weights.shape[1] == shape.channels / groups else {
      throw unsupported(node, "weights \(weights.shape) do not fit \(shape.channels) channels in \(groups) groups")
    }
    var window = try window(node, kernel: Array(weights.shape[2...]), over: shape)
    window.pad(padding)
    let name = name(node)
    try graph.insert(reading { () throws(ONNXError) in try weights.weight() }, as: "\(name).weight")
    let bias = try constant(node, 2)
    if let bias { try graph.insert(reading { () throws(ONNXError) in try bias.weight() }, as: "\(name).bias") }
    var last = node
    var normalization: BatchNorm?
    if let next = onlyReader(node.outputs[0], "BatchNormalization") {
      normalization = try insertNormalization(next.node, name)
      absorb(next.index)
      last = next.node
    } else {
      (normalization, last) = try writtenNormalization(after: node, name, channels: outputs)
    }
    let isDepthwise = groups == shape.channels && outputs == groups
    let result = try graph.layer(
      isDepthwise ? .depthwise : .dense, name, input.node, window, outputs: outputs, normalization,
      groups: isDepthwise ? 1 : groups, weight: "\(name).weight", weights.shape,
      bias: bias == nil ? nil : "\(name).bias")
    set(last, .activation(ONNXActivation(image: result, graph.shape(result))))
  }

  /// A BatchNorm that is written as a product with a constant for each channel and a sum with another one, or as one of them.
  ///
  /// - Returns: also the node whose output is the normalised one.
  private mutating func writtenNormalization(
    after node: ONNXNode, _ layer: String, channels: Int
  ) throws(ImportError) -> (BatchNorm?, last: ONNXNode) {
    let norm = BatchNorm(name: "\(layer).norm", epsilon: 0)
    var last = node
    var found: [String: [Float]] = [:]
    for (opType, tensor) in [("Mul", norm.weight), ("Add", norm.bias)] {
      guard let next = onlyReader(last.outputs[0], opType), next.node.inputs.count == 2,
        case .constant(let constant)? = values[next.node.inputs[next.node.inputs[0] == last.outputs[0] ? 1 : 0]],
        channels > 1, constant.count == channels, constant.shape.count >= 3,
        constant.shape.suffix(3) == [channels, 1, 1]
      else { continue }
      found[tensor] = try reading { () throws(ONNXError) in try constant.floats() }
      absorb(next.index)
      last = next.node
    }
    guard !found.isEmpty else { return (nil, node) }
    for (tensor, standard) in [(norm.weight, 1), (norm.bias, 0), (norm.mean, 0), (norm.variance, 1)]
      as [(String, Float)]
    {
      let values = found[tensor] ?? [Float](repeating: standard, count: channels)
      graph.insert(ComputedWeight(shape: [channels], values: values), as: tensor)
    }
    return (norm, last)
  }

  /// Kernel, strides, padding and dilation of a convolution or pooling.
  func window(_ node: ONNXNode, kernel: [Int], over input: Shape) throws(ImportError) -> Window {
    let strides = node.ints("strides") ?? [1, 1]
    let dilations = node.ints("dilations") ?? [1, 1]
    guard kernel.count == 2, strides.count == 2, strides[0] == strides[1], dilations.count == 2 else {
      throw unsupported(node, "two dimensions with the same stride are needed")
    }
    var pads = node.ints("pads") ?? [0, 0, 0, 0]
    guard pads.count == 4 else { throw unsupported(node, "four pads are needed") }
    try check(node, "kernel", kernel, 1...GraphLimits.kernel)
    try check(node, "stride", strides, 1...GraphLimits.stride)
    try check(node, "dilation", dilations, 1...GraphLimits.kernel)
    try check(node, "padding", pads, 0...GraphLimits.side)
    let extents = zip(kernel, dilations).map { ($0 - 1) * $1 + 1 }
    switch node.string("auto_pad", "NOTSET") {
    case "NOTSET": break
    case "VALID": pads = [0, 0, 0, 0]
    case let same:
      for (axis, size) in [input.height, input.width].enumerated() {
        let total = GraphBuilder.samePadding(size, extents[axis], strides[0])
        let less = total / 2
        pads[axis] = same == "SAME_LOWER" ? total - less : less
        pads[axis + 2] = total - pads[axis]
      }
    }
    return Window(
      kernelHeight: kernel[0], kernelWidth: kernel[1], stride: strides[0], top: pads[0], left: pads[1],
      bottom: pads[2], right: pads[3], dilationHeight: dilations[0], dilationWidth: dilations[1])
  }

  private func check(
    _ node: ONNXNode, _ attribute: String, _ values: [Int], _ range: ClosedRange<Int>
  ) throws(ImportError) {
    for value in values {
      do { try checkAttribute(attribute, value, range, node: node.label) } catch { throw .graph(error) }
    }
  }

  /// Makes the tensors of a BatchNorm known under the names that layers look for.
  private mutating func insertNormalization(_ node: ONNXNode, _ layer: String) throws(ImportError) -> BatchNorm {
    guard node.int("training_mode", 0) == 0 else {
      throw unsupported(node, "training_mode is not supported; export the network in evaluation mode")
    }
    let norm = BatchNorm(name: "\(layer).norm", epsilon: Double(node.float("epsilon", 1e-5)))
    for (index, tensor) in [norm.weight, norm.bias, norm.mean, norm.variance].enumerated() {
      guard let constant = try constant(node, index + 1) else { throw unsupported(node, "a statistic is missing") }
      try graph.insert(reading { () throws(ONNXError) in try constant.weight() }, as: tensor)
    }
    return norm
  }

  /// A BatchNorm that stands behind no convolution: one of 1 x 1 for each channel, normalised.
  private mutating func batchNormalization(_ node: ONNXNode) throws(ImportError) {
    let input = try activation(node, 0)
    let name = name(node)
    let norm = try insertNormalization(node, name)
    let result = try graph.batchNorm(name, input.node, norm)
    set(node, result, input.dimensions)
  }

  private mutating func gemm(_ node: ONNXNode) throws(ImportError) {
    guard node.float("alpha", 1) == 1, node.float("beta", 1) == 1, node.int("transA", 0) == 0 else {
      throw unsupported(node, "alpha and beta other than 1, and transA, are not supported")
    }
    let bias = try constant(node, 2)
    try linear(node, isTransposed: node.int("transB", 0) == 1, bias: bias, last: node)
  }

  private mutating func matMul(_ node: ONNXNode) throws(ImportError) {
    let (first, second) = (try value(node, 0), try value(node, 1))
    switch (first, second) {
    case (_, .constant(let matrix)) where matrix.shape.count == 2: break
    case (.constant, _), (_, .constant):
      let (first, second) = try operandViews(node)
      return set(node.outputs[0], try product(first, second, for: node))
    default: return try attentionProduct(node)
    }
    // A bias is a sum behind it.
    if let next = onlyReader(node.outputs[0], "Add"), next.node.inputs.count == 2 {
      let other = next.node.inputs[0] == node.outputs[0] ? 1 : 0
      if case .constant(let bias)? = values[next.node.inputs[other]], let outputs = try constant(node, 1)?.shape.last,
        bias.count == outputs, bias.shape.last == outputs
      {
        absorb(next.index)
        return try linear(node, isTransposed: false, bias: bias, last: next.node)
      }
    }
    try linear(node, isTransposed: false, bias: nil, last: node)
  }

  /// - Parameters:
  ///   - isTransposed: the weights are `[outputs, inputs]`.
  ///   - last: the node whose output is the layer's.
  private mutating func linear(
    _ node: ONNXNode, isTransposed: Bool, bias: ONNXConstant?, last: ONNXNode
  ) throws(ImportError) {
    let input = try lastAsChannels(try activation(node, 0), for: node)
    guard let matrix = try constant(node, 1), matrix.shape.count == 2 else {
      throw unsupported(node, "the weights are no matrix")
    }
    let shape = graph.shape(input.node)
    let (outputs, inputs) = isTransposed ? (matrix.shape[0], matrix.shape[1]) : (matrix.shape[1], matrix.shape[0])
    let name = name(node)
    // A flattened feature map [channels, rows, columns] is read by a kernel of its size.
    let isFlattened = input.dimensions.last == [.channels, .rows, .columns]
    guard input.endsInChannels ? inputs == shape.channels : isFlattened && inputs == shape.count else {
      throw unsupported(node, "the input's last dimension is not its channels")
    }
    let stored =
      isFlattened ? [outputs, shape.channels, shape.height, shape.width] : [outputs, inputs]
    guard let rows = isTransposed ? matrix : matrix.transposed else {
      throw unsupported(node, "the weights are computed")
    }
    let weight = try reading { () throws(ONNXError) in try rows.weight(shape: stored) }
    graph.insert(weight, as: "\(name).weight")
    if let bias {
      let values = try reading { () throws(ONNXError) in try bias.weight(shape: [bias.count]) }
      graph.insert(values, as: "\(name).bias")
    }
    let window =
      isFlattened
      ? Window(
        kernelHeight: shape.height, kernelWidth: shape.width, stride: 1, top: 0, left: 0, bottom: 0, right: 0)
      : Window(kernel: 1)
    let result = try graph.layer(
      .dense, name, input.node, window, outputs: outputs, nil, weight: "\(name).weight", stored,
      bias: bias == nil ? nil : "\(name).bias")
    set(last, result, Array(input.dimensions.dropLast()) + [outputs > 1 ? [.channels] : []])
    layerValues[result] = last.outputs[0]
  }
}
