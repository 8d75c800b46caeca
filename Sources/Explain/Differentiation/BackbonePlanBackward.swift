import Kernels

/// The backward pass: operations in reverse, each turning the gradient of its result into that of its input.
extension BackbonePlanBuilder {
  /// - Parameter kept: nodes whose gradients are read when all is done.
  mutating func appendBackward(from node: String, keeping kept: [String]) throws(EngineError) {
    seed = allocate(floats: images * shape(node).count)
    gradients[node] = seed
    for operation in fused.operations.reversed() {
      guard let gradient = gradients[operation.name] else { continue }
      try append(gradientOf: operation, gradient)
    }
    for name in kept {
      if let gradient = gradients[name] { arena.extend(gradient, to: time) }
    }
  }

  /// - Parameter gradient: of the operation's result, complete; nobody reads it afterwards, so that it may be overwritten.
  private mutating func append(gradientOf operation: FusedGraph.Operation, _ gradient: Int) throws(EngineError) {
    let shape = shape(operation.name)
    let count = images * shape.count
    let clamp = (operation.op as? Activation)?.function.epilogue?.clamp ?? operation.epilogue.clamp
    if clamp != .none {
      let result = tensor(operation.name)
      append(
        .clampGradient(of: result, clamp, count: count), from: gradient, to: gradient,
        reading: [result])
    }
    let input = operation.input
    switch operation.op {
    case let convolution as Convolution:
      try appendConvolutionGradient(operation, convolution, gradient)
    case let convolution as DepthwiseConvolution:
      let geometry = geometry(convolution.window, operation)
      let weights = try layers.depthwiseWeights(
        convolution.weights, taps: geometry.kernelHeight * geometry.kernelWidth, channels: shape.channels)
      contribute(.depthwiseGradient(geometry, weights: weights), from: gradient, to: input)
    case let pool as MaxPool:
      let (source, result) = (tensor(input), tensor(operation.name))
      contribute(
        .maxPoolGradient(geometry(pool.window, operation), input: source, result: result), from: gradient, to: input,
        reading: [source, result])
    case is GlobalAveragePool:
      contribute(.averagePoolGradient(self.shape(input)), from: gradient, to: input)
    case let activation as Activation where activation == .gelu:
      let source = tensor(input)
      append(.geluGradient(input: source, count: count), from: gradient, to: gradient, reading: [source])
      pass(gradient, to: input)
    case let norm as LayerNorm:
      let source = tensor(input)
      let kind = BackbonePlan.Kind.layerNormGradient(
        shape, epsilon: norm.epsilon, weight: model.floats(norm.weight), input: source)
      append(kind, from: gradient, to: gradient, reading: [source])
      pass(gradient, to: input)
    case is TokenEmbedding:
      let kind = BackbonePlan.Kind.extract(first: shape.channels, count: self.shape(input).count, from: shape.count)
      contribute(kind, from: gradient, to: input)
    case let attention as Attention:
      let plan = AttentionPlan(tokens: shape.pixels, channels: shape.channels, heads: attention.heads)
      let source = tensor(input)
      contribute(.attentionGradient(plan, input: source), from: gradient, to: input, reading: [source])
    case is FirstToken:
      contribute(.insert(first: 0, count: shape.count, to: self.shape(input).count), from: gradient, to: input)
    case is ImageTokens:
      let kind = BackbonePlan.Kind.insert(first: shape.channels, count: shape.count, to: self.shape(input).count)
      contribute(kind, from: gradient, to: input)
    case is Add:
      // The other operand may take over the gradient only after this one has its own.
      contribute(.add(nil, .none, count: count), from: gradient, to: input)
      pass(gradient, to: operation.node.inputs[1])
    case is Activation:
      pass(gradient, to: input)
    default: preconditionFailure("no gradient of \(operation.op)")
    }
    if let residual = operation.residual { pass(gradient, to: residual) }
  }

  private mutating func appendConvolutionGradient(
    _ operation: FusedGraph.Operation, _ convolution: Convolution, _ gradient: Int
  ) throws(EngineError) {
    let outputChannels = shape(operation.name).channels
    let plan = ConvolutionGradient(
      images: images, geometry: geometry(convolution.window, operation), outputChannels: outputChannels,
      precision: layers.precision, context: context)
    let panels = try layers.panels(operation.node, plan.packing)
    layers.needZeros(PanelLayout.padded(plan.convolution.outputChannels))
    let operand = prepare(nil, gradient, plan.operand)
    let columns = allocate(floats: max(1, plan.columnFloats))
    contribute(
      .convolutionGradient(plan, panels: panels, columns: columns), from: operand, to: operation.input,
      reading: [columns])
  }

  /// Appends a step that writes the gradient of `name`, or adds to it if there is one already.
  private mutating func contribute(
    _ kind: BackbonePlan.Kind, from gradient: Int, to name: String, reading others: [Int] = []
  ) {
    let result = allocate(floats: images * shape(name).count)
    append(kind, from: gradient, to: result, reading: others)
    pass(result, to: name)
  }

  /// Hands a gradient over to `name`, or adds it to the one that is there.
  private mutating func pass(_ gradient: Int, to name: String) {
    guard let known = gradients[name] else {
      gradients[name] = gradient
      return
    }
    append(
      .add(gradient, .none, count: images * shape(name).count), from: known, to: known, reading: [gradient])
  }
}
