/// ResNet in torchvision's names and its v1.5: a bottleneck's stride is in its 3 x 3 convolution. ResNeXt and Wide ResNet
/// differ in groups and widths, timm's ResNet-D in its stem and shortcuts.
///
/// K. He et al., "Deep Residual Learning for Image Recognition", CVPR 2016; S. Xie et al., "Aggregated Residual
/// Transformations", CVPR 2017; S. Zagoruyko, N. Komodakis, "Wide Residual Networks", BMVC 2016; T. He et al., "Bag of
/// Tricks for Image Classification", CVPR 2019.
struct ResNet: Sendable {
  /// Convolutions and linear layers, as in the name.
  var depth: Int
  /// Residual blocks of each of the four stages.
  var blocks: [Int]
  /// Three convolutions a block, and four times the channels, in place of two.
  var isBottleneck: Bool
  /// Of a block's 3 x 3 convolution.
  var groups = 1
  /// Channels of one group in the first stage.
  var groupWidth = 64
  /// Three 3 x 3 convolutions as the stem, and shortcuts that average before their convolution.
  var isD = false

  /// Channels inside the blocks of each stage.
  static let widths = [64, 128, 256, 512]
  static let epsilon = 1e-5

  func recognizes(_ state: StateDict) -> Bool {
    guard state.contains(isD ? "conv1.0.weight" : "conv1.weight"), state.contains("layer1.0.conv2.weight"),
      state.contains("layer1.0.conv3.weight") == isBottleneck
    else { return false }
    let shape = state.shape("layer1.0.conv2.weight")
    guard isWidened ? shape == widenedShape : !Self.widened.contains(where: { shape == $0.widenedShape }) else {
      return false
    }
    return (1...4).allSatisfy { stage in
      let found = state.names.compactMap { name -> Int? in
        let parts = name.split(separator: ".")
        return parts.count > 2 && parts[0] == "layer\(stage)" ? Int(parts[1]) : nil
      }
      return found.max() == blocks[stage - 1] - 1
    }
  }

  /// Hugging Face's and timm's are trained on bicubic images.
  func preprocessing(_ state: StateDict) -> Preprocessing {
    var preprocessing = Preprocessing.torchvision
    if isD { preprocessing.resize = 235 }
    if isD || state.scheme.library == .huggingFace { preprocessing.interpolation = .bicubic }
    return preprocessing
  }

  private var isWidened: Bool { groups > 1 || groupWidth != 64 }

  /// Of the first 3 x 3 convolution.
  private var widenedShape: [Int] { [groups * groupWidth, groupWidth, 3, 3] }

  var name: String {
    if isD { return "resnet\(depth)d" }
    if groups > 1 { return "resnext\(depth)_\(groups)x\(groupWidth)d" }
    return isWidened ? "wide_resnet\(depth)_\(groupWidth / 64)" : "resnet\(depth)"
  }

  static let all =
    plain + widened
    + plain.map { network in
      var network = network
      network.isD = true
      return network
    }

  private static let plain = [
    ResNet(depth: 18, blocks: [2, 2, 2, 2], isBottleneck: false),
    ResNet(depth: 34, blocks: [3, 4, 6, 3], isBottleneck: false),
    ResNet(depth: 50, blocks: [3, 4, 6, 3], isBottleneck: true),
    ResNet(depth: 101, blocks: [3, 4, 23, 3], isBottleneck: true),
    ResNet(depth: 152, blocks: [3, 8, 36, 3], isBottleneck: true),
  ]

  private static let widened = [
    ResNet(depth: 50, blocks: [3, 4, 6, 3], isBottleneck: true, groups: 32, groupWidth: 4),
    ResNet(depth: 101, blocks: [3, 4, 23, 3], isBottleneck: true, groups: 32, groupWidth: 8),
    ResNet(depth: 101, blocks: [3, 4, 23, 3], isBottleneck: true, groups: 64, groupWidth: 4),
    ResNet(depth: 50, blocks: [3, 4, 6, 3], isBottleneck: true, groupWidth: 128),
    ResNet(depth: 101, blocks: [3, 4, 23, 3], isBottleneck: true, groupWidth: 128),
  ]

  func build(_ graph: inout GraphBuilder) throws(ImportError) -> String {
    let features = try buildStages(&graph)
    for (index, node) in features.enumerated().dropFirst() { graph.feature("layer\(index + 1)", node: node) }
    let x = try graph.globalAveragePool("avgpool", features[3])
    return try graph.linear("fc", x, outputs: graph.outputs(of: "fc.weight"))
  }

  /// Builds everything in front of the pooling; returns the outputs of the four stages.
  func buildStages(_ graph: inout GraphBuilder) throws(ImportError) -> [String] {
    var outputs: [String] = []
    var x = try isD ? deepStem(&graph) : stem(&graph)
    x = try graph.activation("relu", x, .relu)
    x = try graph.maxPool("maxpool", x, kernel: 3, stride: 2, padding: .symmetric(1))
    for stage in 1...4 {
      for block in 0..<blocks[stage - 1] {
        let stride = stage > 1 && block == 0 ? 2 : 1
        x = try residual("layer\(stage).\(block)", x, width: Self.widths[stage - 1], stride: stride, &graph)
      }
      outputs.append(x)
    }
    return outputs
  }

  private func stem(_ graph: inout GraphBuilder) throws(ImportError) -> String {
    try graph.convolution(
      "conv1", graph.input, outputChannels: 64, kernel: 7, stride: 2, padding: .symmetric(3),
      normalization: norm("bn1"))
  }

  private func deepStem(_ graph: inout GraphBuilder) throws(ImportError) -> String {
    var x = graph.input
    for (index, stride) in [(0, 2), (3, 1)] {
      x = try graph.convolution(
        "conv1.\(index)", x, outputChannels: graph.outputs(of: "conv1.\(index).weight"), kernel: 3, stride: stride,
        padding: .symmetric(1), normalization: norm("conv1.\(index + 1)"))
      x = try graph.activation("conv1.\(index + 2)", x, .relu)
    }
    return try graph.convolution(
      "conv1.6", x, outputChannels: 64, kernel: 3, padding: .symmetric(1), normalization: norm("bn1"))
  }

  private func residual(
    _ name: String, _ input: String, width: Int, stride: Int, _ graph: inout GraphBuilder
  ) throws(ImportError) -> String {
    let outputs = isBottleneck ? 4 * width : width
    let inner = width * groupWidth / 64 * groups
    var x: String
    if isBottleneck {
      x = try graph.convolution(
        "\(name).conv1", input, outputChannels: inner, kernel: 1, normalization: norm("\(name).bn1"))
      x = try graph.activation("\(name).relu1", x, .relu)
      x = try graph.convolution(
        "\(name).conv2", x, outputChannels: inner, kernel: 3, stride: stride, padding: .symmetric(1), groups: groups,
        normalization: norm("\(name).bn2"))
      x = try graph.activation("\(name).relu2", x, .relu)
      x = try graph.convolution(
        "\(name).conv3", x, outputChannels: outputs, kernel: 1, normalization: norm("\(name).bn3"))
    } else {
      x = try graph.convolution(
        "\(name).conv1", input, outputChannels: width, kernel: 3, stride: stride, padding: .symmetric(1),
        normalization: norm("\(name).bn1"))
      x = try graph.activation("\(name).relu1", x, .relu)
      x = try graph.convolution(
        "\(name).conv2", x, outputChannels: outputs, kernel: 3, padding: .symmetric(1),
        normalization: norm("\(name).bn2"))
    }
    var skip = input
    if stride > 1 || graph.shape(input).channels != outputs {
      skip = try shortcut("\(name).downsample", input, outputs, stride, &graph)
    }
    x = try graph.add("\(name).add", x, skip)
    return try graph.activation("\(name).relu", x, .relu)
  }

  private func shortcut(
    _ name: String, _ input: String, _ outputs: Int, _ stride: Int, _ graph: inout GraphBuilder
  ) throws(ImportError) -> String {
    guard isD else {
      return try graph.convolution(
        "\(name).0", input, outputChannels: outputs, kernel: 1, stride: stride, normalization: norm("\(name).1"))
    }
    var x = input
    // A window that reaches over an odd side averages what is there.
    if stride > 1 { x = try graph.averagePool("\(name).0", x, kernel: 2, stride: stride, padding: .same) }
    return try graph.convolution(
      "\(name).1", x, outputChannels: outputs, kernel: 1, normalization: norm("\(name).2"))
  }

  private func norm(_ name: String) -> BatchNorm { BatchNorm(name: name, epsilon: Self.epsilon) }
}

extension Architecture {
  static let resNets = ResNet.all.map { network in
    Architecture(
      name: network.name, modelName: network.name.split(separator: "_").joined(separator: "-"),
      preprocessing: { network.preprocessing($0) },
      recognizes: { network.recognizes($0) },
      build: { (graph: inout GraphBuilder) throws(ImportError) in try network.build(&graph) })
  }
}
