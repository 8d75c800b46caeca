/// A block of an `InvertedResidualNetwork`.
enum InvertedResidualBlock: Sendable {
  /// Depthwise, then a linear 1 x 1.
  case separable
  /// MobileNetV1's: depthwise, then a 1 x 1 with an activation function; no shortcut.
  case activatedSeparable
  /// Expanding 1 x 1, depthwise, linear 1 x 1.
  case inverted
  /// Expansion and depthwise convolution as one dense convolution, then a linear 1 x 1.
  case fused
  /// MobileNetV4's: an inverted residual with one more depthwise convolution in front; either may be missing.
  case universal
  /// One convolution, without a shortcut or with one.
  case convolution, residualConvolution

  struct Layer {
    enum Kind { case pointwise, depthwise, dense }

    var kind: Kind
    var convolution, norm: String
    /// The node of the activation function; nil has none.
    var activation: String?
  }

  /// From first to last.
  var layers: [Layer] {
    switch self {
    case .separable:
      [
        Layer(kind: .depthwise, convolution: "conv_dw", norm: "bn1", activation: "act1"),
        Layer(kind: .pointwise, convolution: "conv_pw", norm: "bn2"),
      ]
    case .activatedSeparable:
      [
        Layer(kind: .depthwise, convolution: "conv_dw", norm: "bn1", activation: "act1"),
        Layer(kind: .pointwise, convolution: "conv_pw", norm: "bn2", activation: "act2"),
      ]
    case .inverted:
      [
        Layer(kind: .pointwise, convolution: "conv_pw", norm: "bn1", activation: "act1"),
        Layer(kind: .depthwise, convolution: "conv_dw", norm: "bn2", activation: "act2"),
        Layer(kind: .pointwise, convolution: "conv_pwl", norm: "bn3"),
      ]
    case .fused:
      [
        Layer(kind: .dense, convolution: "conv_exp", norm: "bn1", activation: "act1"),
        Layer(kind: .pointwise, convolution: "conv_pwl", norm: "bn2"),
      ]
    case .universal:
      [
        Layer(kind: .depthwise, convolution: "dw_start.conv", norm: "dw_start.bn"),
        Layer(kind: .pointwise, convolution: "pw_exp.conv", norm: "pw_exp.bn", activation: "pw_exp.act"),
        Layer(kind: .depthwise, convolution: "dw_mid.conv", norm: "dw_mid.bn", activation: "dw_mid.act"),
        Layer(kind: .pointwise, convolution: "pw_proj.conv", norm: "pw_proj.bn"),
      ]
    case .convolution, .residualConvolution:
      [Layer(kind: .dense, convolution: "conv", norm: "bn1", activation: "act1")]
    }
  }

  /// The layer that every block of this kind has, and whose kernel tells stages apart.
  var telltale: String {
    switch self {
    case .separable, .activatedSeparable, .inverted: "conv_dw"
    case .fused: "conv_exp"
    case .universal: "pw_exp.conv"
    case .convolution, .residualConvolution: "conv"
    }
  }

  /// Whether the input is added where its shape allows that.
  var hasShortcut: Bool {
    switch self {
    case .activatedSeparable, .convolution: false
    case .separable, .inverted, .fused, .universal, .residualConvolution: true
    }
  }

  /// Whether the blocks of a stage differ in their kernels, so that the weights have to tell.
  var hasOwnKernels: Bool {
    switch self {
    case .universal, .convolution: true
    case .separable, .activatedSeparable, .inverted, .fused, .residualConvolution: false
    }
  }
}

extension InvertedResidualNetwork {
  func block(
    _ stage: Int, _ block: Int, _ input: String, _ graph: inout GraphBuilder
  ) throws(ImportError) -> String {
    let (name, kind) = ("blocks.\(stage).\(block)", stages[stage].block)
    let layers = kind.layers.filter {
      kind != .universal || $0.kind == .pointwise || graph.state.contains("\(name).\($0.convolution).weight")
    }
    let strided = layers.lastIndex { $0.kind != .pointwise }
    var x = input
    for (index, layer) in layers.enumerated() {
      if stages[stage].isSqueezed && index == layers.count - 1 {
        x = try graph.squeezeAndExcite(
          x, SqueezeNames(block: name), function: gate.reduction, factors: gate.factors)
      }
      let kernel = layer.kind == .pointwise ? 1 : kernel(stages[stage], "\(name).\(layer.convolution).weight", graph)
      let stride = block == 0 && index == strided ? strides[stage] : 1
      x = try normalized(name, layer, x, kernel: kernel, stride: stride, &graph)
      if let activation = layer.activation {
        x = try graph.activation("\(name).\(activation)", x, activations[stage])
      }
    }
    guard kind.hasShortcut && graph.shape(input) == graph.shape(x) else { return x }
    return try graph.add("\(name).add", x, input)
  }

  private func normalized(
    _ name: String, _ layer: InvertedResidualBlock.Layer, _ input: String, kernel: Int, stride: Int,
    _ graph: inout GraphBuilder
  ) throws(ImportError) -> String {
    let (convolution, norm) = ("\(name).\(layer.convolution)", norm("\(name).\(layer.norm)", graph))
    guard layer.kind != .depthwise else {
      return try graph.depthwiseConvolution(
        convolution, input, kernel: kernel, stride: stride, padding: padding(kernel), normalization: norm)
    }
    return try graph.convolution(
      convolution, input, outputChannels: graph.outputs(of: "\(convolution).weight"), kernel: kernel, stride: stride,
      padding: padding(kernel), normalization: norm)
  }

  private func kernel(_ stage: Stage, _ weight: String, _ graph: GraphBuilder) -> Int {
    guard stage.block.hasOwnKernels, let found = graph.state.shape(weight)?.last else { return stage.kernel }
    // Any other is reported as a wrong shape.
    return [1, 3, 5].contains(found) ? found : 3
  }
}

extension SqueezeNames {
  fileprivate init(block: String) {
    let name = "\(block).se"
    self.init(
      pool: "\(name).mean", product: name, narrow: "\(name).conv_reduce", narrowFunction: "\(name).act1",
      wide: "\(name).conv_expand", wideFunction: "\(name).gate")
  }
}
