/// ResNet in torchvision's names and its v1.5: a bottleneck's stride is in its 3 x 3 convolution.
///
/// K. He et al., "Deep Residual Learning for Image Recognition", CVPR 2016.
struct ResNet: Sendable {
  /// Convolutions and linear layers, as in the name.
  var depth: Int
  /// Residual blocks of each of the four stages.
  var blocks: [Int]
  /// Three convolutions a block, and four times the channels, in place of two.
  var isBottleneck: Bool

  /// Channels inside the blocks of each stage.
  static let widths = [64, 128, 256, 512]
  static let epsilon = 1e-5

  func recognizes(_ state: StateDict) -> Bool {
    guard state.contains("conv1.weight"), state.contains("layer1.0.conv2.weight"),
      state.contains("layer1.0.conv3.weight") == isBottleneck
    else { return false }
    return (1...4).allSatisfy { stage in
      let found = state.names.compactMap { name -> Int? in
        let parts = name.split(separator: ".")
        return parts.count > 2 && parts[0] == "layer\(stage)" ? Int(parts[1]) : nil
      }
      return found.max() == blocks[stage - 1] - 1
    }
  }

  /// Hugging Face's are trained on bicubic images.
  @Sendable static func preprocessing(_ state: StateDict) -> Preprocessing {
    var preprocessing = Preprocessing.torchvision
    if state.scheme.library == .huggingFace { preprocessing.interpolation = .bicubic }
    return preprocessing
  }

  static let all = [
    ResNet(depth: 18, blocks: [2, 2, 2, 2], isBottleneck: false),
    ResNet(depth: 34, blocks: [3, 4, 6, 3], isBottleneck: false),
    ResNet(depth: 50, blocks: [3, 4, 6, 3], isBottleneck: true),
    ResNet(depth: 101, blocks: [3, 4, 23, 3], isBottleneck: true),
    ResNet(depth: 152, blocks: [3, 8, 36, 3], isBottleneck: true),
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
    var x = try graph.convolution(
      "conv1", graph.input, outputChannels: 64, kernel: 7, stride: 2, padding: .symmetric(3),
      normalization: norm("bn1"))
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

  private func residual(
    _ name: String, _ input: String, width: Int, stride: Int, _ graph: inout GraphBuilder
  ) throws(ImportError) -> String {
    let outputs = isBottleneck ? 4 * width : width
    var x: String
    if isBottleneck {
      x = try graph.convolution(
        "\(name).conv1", input, outputChannels: width, kernel: 1, normalization: norm("\(name).bn1"))
      x = try graph.activation("\(name).relu1", x, .relu)
      x = try graph.convolution(
        "\(name).conv2", x, outputChannels: width, kernel: 3, stride: stride, padding: .symmetric(1),
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
      skip = try graph.convolution(
        "\(name).downsample.0", input, outputChannels: outputs, kernel: 1, stride: stride,
        normalization: norm("\(name).downsample.1"))
    }
    x = try graph.add("\(name).add", x, skip)
    return try graph.activation("\(name).relu", x, .relu)
  }

  private func norm(_ name: String) -> BatchNorm { BatchNorm(name: name, epsilon: Self.epsilon) }
}

extension Architecture {
  static let resNets = ResNet.all.map { network in
    Architecture(
      name: "resnet\(network.depth)", modelName: "resnet\(network.depth)", preprocessing: ResNet.preprocessing,
      recognizes: { network.recognizes($0) },
      build: { (graph: inout GraphBuilder) throws(ImportError) in try network.build(&graph) })
  }
}
