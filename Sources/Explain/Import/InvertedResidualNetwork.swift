/// A network of inverted residual blocks, or of what came before them and after, in timm's names: MobileNet, MnasNet,
/// EfficientNet.
///
/// Widths and expansions are the weights'. What neither names nor shapes tell is here: strides, padding, functions.
///
/// A. Howard et al., "MobileNets", 2017; M. Sandler et al., "MobileNetV2", CVPR 2018; A. Howard et al., "Searching for
/// MobileNetV3", ICCV 2019; D. Qin et al., "MobileNetV4", ECCV 2024; M. Tan et al., "MnasNet", CVPR 2019; M. Tan,
/// Q. V. Le, "EfficientNet", ICML 2019, whose Lite variants are TensorFlow's for edge devices, and "EfficientNetV2",
/// ICML 2021.
struct InvertedResidualNetwork: Sendable {
  struct Stage: Sendable {
    var block: InvertedResidualBlock
    /// The kernel is of the first block's telltale layer.
    var blocks, kernel: Int
    var isSqueezed = false
  }

  /// What stands between the last block and the classifier.
  enum Head: Sendable, Equatable {
    /// Nothing but the pooling.
    case pooling
    /// A convolution with a BatchNorm, and the pooling behind it.
    case convolution
    /// The pooling, and a convolution behind it, in MobileNetV4 with a BatchNorm of this name.
    case pooledConvolution(norm: String?)
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
  var head = Head.convolution
  /// Output channels of the third stage, where the same stages are known in several widths.
  var thirdWidth: Int?

  func recognizes(_ state: StateDict) -> Bool {
    guard state.contains("conv_stem.weight"), libraryHasIt(state.scheme.library) else { return false }
    if let thirdWidth, state.shape("blocks.2.0.conv_pwl.weight")?.first != thirdWidth { return false }
    return state.contains("conv_head.weight") == (head != .pooling)
      && stages.indices.allSatisfy { isStage($0, of: state) }
      && !state.names.contains { $0.hasPrefix("blocks.\(stages.count).") }
  }

  private func libraryHasIt(_ library: NamingScheme.Library) -> Bool {
    switch library {
    case .torchvision: !hasSamePadding
    case .efficientNetPyTorch: hasSamePadding
    case .timm, .huggingFace: true
    }
  }

  private func isStage(_ index: Int, of state: StateDict) -> Bool {
    let (stage, name) = (stages[index], "blocks.\(index)")
    let telltale = "\(stage.block.telltale).weight"
    return state.shape("\(name).0.\(telltale)")?.last == stage.kernel
      && (1...).first { !state.contains("\(name).\($0).\(telltale)") } == stage.blocks
      && state.contains("\(name).0.se.conv_reduce.weight") == stage.isSqueezed
  }

  func build(_ graph: inout GraphBuilder) throws(ImportError) -> String {
    let outer = activations[activations.count - 1]
    let stem = graph.outputs(of: "conv_stem.weight")
    var x = try graph.convolution(
      "conv_stem", graph.input, outputChannels: stem, kernel: 3, stride: 2, padding: padding(3),
      normalization: norm("bn1", graph))
    x = try graph.activation("act1", x, outer)
    for index in stages.indices {
      for block in 0..<stages[index].blocks {
        x = try self.block(index, block, x, &graph)
      }
      if featureStages.contains(index) { graph.feature("blocks.\(index)", node: x) }
    }
    x = try head(x, outer, &graph)
    let outputs = graph.outputs(of: "classifier.weight")
    return try graph.linear("classifier", x, outputs: outputs)
  }

  /// The last ones of two resolutions before the smallest, and where pooling follows on them also the last of all.
  private var featureStages: [Int] {
    let last = stages.indices.filter { $0 + 1 < stages.count && strides[$0 + 1] == 2 }.suffix(2)
    return last + (head == .convolution ? [] : [stages.count - 1])
  }

  private func head(_ input: String, _ function: Activation, _ graph: inout GraphBuilder) throws(ImportError) -> String
  {
    let outputs = graph.outputs(of: "conv_head.weight")
    switch head {
    case .pooling: return try graph.globalAveragePool("global_pool", input)
    case .convolution:
      var x = try graph.convolution(
        "conv_head", input, outputChannels: outputs, kernel: 1, normalization: norm("bn2", graph))
      x = try graph.activation("act2", x, function)
      graph.feature("conv_head", node: x)
      return try graph.globalAveragePool("global_pool", x)
    case .pooledConvolution(let norm):
      var x = try graph.globalAveragePool("global_pool", input)
      // A linear layer in torchvision.
      x = try graph.convolution(
        "conv_head", x, outputChannels: outputs, kernel: 1, normalization: norm.map { self.norm($0, graph) },
        otherShape: [outputs, graph.shape(x).channels])
      return try graph.activation("act2", x, function)
    }
  }

  func padding(_ kernel: Int) -> Padding { hasSamePadding ? .same : .symmetric(kernel / 2) }

  func norm(_ name: String, _ graph: GraphBuilder) -> BatchNorm {
    BatchNorm(name: name, epsilon: graph.state.scheme.library == .torchvision ? torchvisionEpsilon : epsilon)
  }
}
