/// EfficientNet-Lite0 in timm's names (`tf_efficientnet_lite0`): ReLU6, no squeeze-excite, "SAME" padding.
///
/// M. Tan, Q. V. Le, "EfficientNet", ICML 2019; the Lite variants are TensorFlow's for edge devices.
enum EfficientNetLite0 {
  struct Stage {
    var channels, kernel, stride, blocks: Int
  }

  static let stages = [
    Stage(channels: 16, kernel: 3, stride: 1, blocks: 1),
    Stage(channels: 24, kernel: 3, stride: 2, blocks: 2),
    Stage(channels: 40, kernel: 5, stride: 2, blocks: 2),
    Stage(channels: 80, kernel: 3, stride: 2, blocks: 3),
    Stage(channels: 112, kernel: 5, stride: 1, blocks: 3),
    Stage(channels: 192, kernel: 5, stride: 2, blocks: 4),
    Stage(channels: 320, kernel: 3, stride: 1, blocks: 1),
  ]
  /// Channels inside an inverted residual, as a multiple of its input's.
  static let expansion = 6
  static let stemChannels = 32
  static let headChannels = 1280

  static func recognizes(_ state: StateDict) -> Bool {
    // The larger Lite networks have the same names, but deeper stages.
    state.shape("conv_stem.weight") == [stemChannels, 3, 3, 3] && state.contains("blocks.6.0.conv_pwl.weight")
      && state.shape("conv_head.weight")?.first == headChannels && !state.contains("blocks.2.2.conv_pw.weight")
      && !state.contains("blocks.0.0.se.conv_reduce.weight")
  }

  static func build(_ graph: inout GraphBuilder) throws(ImportError) -> String {
    var x = try graph.convolution(
      "conv_stem", graph.input, outputChannels: stemChannels, kernel: 3, stride: 2, padding: .same,
      normalization: norm("bn1"))
    x = try graph.activation("act1", x, .relu6)
    for (index, stage) in stages.enumerated() {
      for block in 0..<stage.blocks {
        let name = "blocks.\(index).\(block)"
        let stride = block == 0 ? stage.stride : 1
        if index == 0 {
          x = try depthwiseSeparable(name, x, stage, stride, &graph)
        } else {
          x = try invertedResidual(name, x, stage, stride, &graph)
        }
      }
      // Linear outputs: these two features may be negative.
      if index == 2 || index == 4 { graph.feature("blocks.\(index)", node: x) }
    }
    x = try graph.convolution(
      "conv_head", x, outputChannels: headChannels, kernel: 1, normalization: norm("bn2"))
    x = try graph.activation("act2", x, .relu6)
    graph.feature("conv_head", node: x)
    x = try graph.globalAveragePool("global_pool", x)
    return try graph.linear("classifier", x, outputs: graph.outputs(of: "classifier.weight"))
  }

  /// Depthwise, then a linear 1 x 1.
  private static func depthwiseSeparable(
    _ name: String, _ input: String, _ stage: Stage, _ stride: Int, _ graph: inout GraphBuilder
  ) throws(ImportError) -> String {
    var x = try graph.depthwiseConvolution(
      "\(name).conv_dw", input, kernel: stage.kernel, stride: stride, padding: .same,
      normalization: norm("\(name).bn1"))
    x = try graph.activation("\(name).act1", x, .relu6)
    return try graph.convolution(
      "\(name).conv_pw", x, outputChannels: stage.channels, kernel: 1, normalization: norm("\(name).bn2"))
  }

  /// Expand 1 x 1, depthwise, linear 1 x 1; plus the input where the shapes agree.
  private static func invertedResidual(
    _ name: String, _ input: String, _ stage: Stage, _ stride: Int, _ graph: inout GraphBuilder
  ) throws(ImportError) -> String {
    let inputs = graph.shape(input).channels
    var x = try graph.convolution(
      "\(name).conv_pw", input, outputChannels: expansion * inputs, kernel: 1, normalization: norm("\(name).bn1"))
    x = try graph.activation("\(name).act1", x, .relu6)
    x = try graph.depthwiseConvolution(
      "\(name).conv_dw", x, kernel: stage.kernel, stride: stride, padding: .same, normalization: norm("\(name).bn2"))
    x = try graph.activation("\(name).act2", x, .relu6)
    x = try graph.convolution(
      "\(name).conv_pwl", x, outputChannels: stage.channels, kernel: 1, normalization: norm("\(name).bn3"))
    guard stride == 1 && inputs == stage.channels else { return x }
    return try graph.add("\(name).add", x, input)
  }

  private static func norm(_ name: String) -> BatchNorm { BatchNorm(name: name, epsilon: 1e-3) }
}

extension Architecture {
  static let efficientNetLite0 = Architecture(
    name: "tf_efficientnet_lite0", aliases: ["efficientnet_lite0"], modelName: "efficientnet-lite0",
    preprocessing: { _ in
      Preprocessing(
        resize: 256, crop: 224, interpolation: .bicubic, mean: [Float](repeating: 127 / 255, count: 3),
        std: [Float](repeating: 128 / 255, count: 3))
    },
    recognizes: EfficientNetLite0.recognizes,
    build: { (graph: inout GraphBuilder) throws(ImportError) in try EfficientNetLite0.build(&graph) })
}
