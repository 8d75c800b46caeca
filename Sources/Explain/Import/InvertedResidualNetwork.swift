/// A network of inverted residual blocks in timm's names: EfficientNet, MobileNetV2 and V3, MnasNet.
///
/// Widths and expansions are the weights'. What neither names nor shapes tell is here: strides, padding, functions.
///
/// M. Sandler et al., "MobileNetV2", CVPR 2018; A. Howard et al., "Searching for MobileNetV3", ICCV 2019; M. Tan et al.,
/// "MnasNet", CVPR 2019; M. Tan, Q. V. Le, "EfficientNet", ICML 2019, whose Lite variants are TensorFlow's for edge devices.
struct InvertedResidualNetwork: Sendable {
  struct Stage: Sendable, Equatable {
    var blocks, kernel: Int
    var isSqueezed = false
  }

  /// How blocks squeeze and excite: the function of the narrow layer, and of the factors.
  struct Gate: Sendable {
    var reduction, factors: Activation
  }

  var stages: [Stage]
  /// Of each stage's first block.
  var strides = [1, 2, 2, 2, 1, 2, 1]
  /// Of the stages; the last one is also that of stem and head.
  var activations: [Activation]
  var gate = Gate(reduction: .silu, factors: .sigmoid)
  /// TensorFlow's "SAME" padding, not half a kernel on each side.
  var hasSamePadding = false
  /// What BatchNorm adds to the variance, in timm and in torchvision.
  var epsilon = 1e-5
  var torchvisionEpsilon = 1e-5
  /// MobileNetV3: the last stage is a convolution, and the head's stands behind the pooling, without a BatchNorm.
  var poolsEarly = false
  /// Output channels of the third stage, where the same stages are known in several widths.
  var thirdWidth: Int?

  func recognizes(_ state: StateDict) -> Bool {
    guard state.contains("conv_stem.weight"), libraryHasIt(state.scheme.library) else { return false }
    if let thirdWidth, state.shape("blocks.2.0.conv_pwl.weight")?.first != thirdWidth { return false }
    return stages.indices.allSatisfy { foundStage($0, state) == stages[$0] } && foundStage(stages.count, state) == nil
  }

  private func libraryHasIt(_ library: NamingScheme.Library) -> Bool {
    switch library {
    case .torchvision: !hasSamePadding
    case .efficientNetPyTorch: hasSamePadding
    case .timm, .huggingFace: true
    }
  }

  private func foundStage(_ index: Int, _ state: StateDict) -> Stage? {
    let name = "blocks.\(index)"
    let layer = poolsEarly && index == stages.count - 1 ? "conv" : "conv_dw"
    guard let kernel = state.shape("\(name).0.\(layer).weight")?.last else { return nil }
    let blocks = (1...).first { !state.contains("\(name).\($0).\(layer).weight") }
    return Stage(blocks: blocks ?? 0, kernel: kernel, isSqueezed: state.contains("\(name).0.se.conv_reduce.weight"))
  }

  func build(_ graph: inout GraphBuilder) throws(ImportError) -> String {
    guard graph.state.scheme.library == .torchvision, epsilon != torchvisionEpsilon else { return try add(to: &graph) }
    var network = self
    network.epsilon = torchvisionEpsilon
    return try network.add(to: &graph)
  }

  private func add(to graph: inout GraphBuilder) throws(ImportError) -> String {
    let outer = activations[activations.count - 1]
    let stem = graph.outputs(of: "conv_stem.weight")
    var x = try graph.convolution(
      "conv_stem", graph.input, outputChannels: stem, kernel: 3, stride: 2, padding: padding(3),
      normalization: norm("bn1"))
    x = try graph.activation("act1", x, outer)
    for index in stages.indices {
      for block in 0..<stages[index].blocks {
        x = try self.block(index, block, x, &graph)
      }
      if featureStages.contains(index) { graph.feature("blocks.\(index)", node: x) }
    }
    x = poolsEarly ? try pooledHead(x, outer, &graph) : try head(x, outer, &graph)
    let outputs = graph.outputs(of: "classifier.weight")
    return try graph.linear("classifier", x, outputs: outputs)
  }

  /// The last ones of two resolutions before the smallest, and where pooling follows on them also the last of all.
  private var featureStages: [Int] {
    let last = stages.indices.filter { $0 + 1 < stages.count && strides[$0 + 1] == 2 }.suffix(2)
    return last + (poolsEarly ? [stages.count - 1] : [])
  }

  private func head(_ input: String, _ function: Activation, _ graph: inout GraphBuilder) throws(ImportError) -> String
  {
    var x = try graph.convolution(
      "conv_head", input, outputChannels: graph.outputs(of: "conv_head.weight"), kernel: 1, normalization: norm("bn2"))
    x = try graph.activation("act2", x, function)
    graph.feature("conv_head", node: x)
    return try graph.globalAveragePool("global_pool", x)
  }

  private func pooledHead(
    _ input: String, _ function: Activation, _ graph: inout GraphBuilder
  ) throws(ImportError) -> String {
    var x = try graph.globalAveragePool("global_pool", input)
    let (inputs, outputs) = (graph.shape(x).channels, graph.outputs(of: "conv_head.weight"))
    // A linear layer in torchvision.
    x = try graph.convolution(
      "conv_head", x, outputChannels: outputs, kernel: 1, normalization: nil, otherShape: [outputs, inputs])
    return try graph.activation("act2", x, function)
  }

  private func block(
    _ stage: Int, _ block: Int, _ input: String, _ graph: inout GraphBuilder
  ) throws(ImportError) -> String {
    let name = "blocks.\(stage).\(block)"
    let stride = block == 0 ? strides[stage] : 1
    if poolsEarly && stage == stages.count - 1 {
      let x = try graph.convolution(
        "\(name).conv", input, outputChannels: graph.outputs(of: "\(name).conv.weight"), kernel: 1,
        normalization: norm("\(name).bn1"))
      return try graph.activation("\(name).act1", x, activations[stage])
    }
    let x =
      stage == 0
      ? try depthwiseSeparable(name, input, stage, stride, &graph)
      : try invertedResidual(name, input, stage, stride, &graph)
    guard stride == 1 && graph.shape(input) == graph.shape(x) else { return x }
    return try graph.add("\(name).add", x, input)
  }

  /// Depthwise, then a linear 1 x 1.
  private func depthwiseSeparable(
    _ name: String, _ input: String, _ stage: Int, _ stride: Int, _ graph: inout GraphBuilder
  ) throws(ImportError) -> String {
    var x = try graph.depthwiseConvolution(
      "\(name).conv_dw", input, kernel: stages[stage].kernel, stride: stride, padding: padding(stages[stage].kernel),
      normalization: norm("\(name).bn1"))
    x = try graph.activation("\(name).act1", x, activations[stage])
    x = try squeezed(name, x, stage, &graph)
    let outputs = graph.outputs(of: "\(name).conv_pw.weight")
    return try graph.convolution(
      "\(name).conv_pw", x, outputChannels: outputs, kernel: 1, normalization: norm("\(name).bn2"))
  }

  /// Expanding 1 x 1, depthwise, linear 1 x 1.
  private func invertedResidual(
    _ name: String, _ input: String, _ stage: Int, _ stride: Int, _ graph: inout GraphBuilder
  ) throws(ImportError) -> String {
    let function = activations[stage]
    var x = try graph.convolution(
      "\(name).conv_pw", input, outputChannels: graph.outputs(of: "\(name).conv_pw.weight"), kernel: 1,
      normalization: norm("\(name).bn1"))
    x = try graph.activation("\(name).act1", x, function)
    x = try graph.depthwiseConvolution(
      "\(name).conv_dw", x, kernel: stages[stage].kernel, stride: stride, padding: padding(stages[stage].kernel),
      normalization: norm("\(name).bn2"))
    x = try graph.activation("\(name).act2", x, function)
    x = try squeezed(name, x, stage, &graph)
    let outputs = graph.outputs(of: "\(name).conv_pwl.weight")
    return try graph.convolution(
      "\(name).conv_pwl", x, outputChannels: outputs, kernel: 1, normalization: norm("\(name).bn3"))
  }

  /// Squeeze-and-excite, where the stage has it: every channel times a factor that comes of all channels' means.
  private func squeezed(
    _ name: String, _ input: String, _ stage: Int, _ graph: inout GraphBuilder
  ) throws(ImportError) -> String {
    guard stages[stage].isSqueezed else { return input }
    var x = try graph.globalAveragePool("\(name).se.mean", input)
    let (channels, narrow) = (graph.shape(x).channels, graph.outputs(of: "\(name).se.conv_reduce.weight"))
    x = try graph.convolution("\(name).se.conv_reduce", x, outputChannels: narrow, kernel: 1, normalization: nil)
    x = try graph.activation("\(name).se.act1", x, gate.reduction)
    x = try graph.convolution("\(name).se.conv_expand", x, outputChannels: channels, kernel: 1, normalization: nil)
    x = try graph.activation("\(name).se.gate", x, gate.factors)
    return try graph.multiply("\(name).se", input, x)
  }

  private func padding(_ kernel: Int) -> Padding { hasSamePadding ? .same : .symmetric(kernel / 2) }

  private func norm(_ name: String) -> BatchNorm { BatchNorm(name: name, epsilon: epsilon) }
}
