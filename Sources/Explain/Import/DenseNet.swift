/// DenseNet in torchvision's names, which are timm's too. Depths, growth and widths are the weights'.
///
/// G. Huang et al., "Densely Connected Convolutional Networks", CVPR 2017.
private enum DenseNet {
  static let epsilon = 1e-5
  static let stages = 4

  static func recognizes(_ state: StateDict) -> Bool {
    state.shape("features.conv0.weight").map { $0.count == 4 && $0[2...] == [7, 7] } == true
      && state.contains("\(layer(stages, 1)).conv2.weight") && !state.contains("\(layer(stages + 1, 1)).conv2.weight")
      && state.contains("features.norm5.running_mean")
  }

  static func build(_ graph: inout GraphBuilder) throws(ImportError) -> String {
    var x = try graph.convolution(
      "features.conv0", graph.input, outputChannels: graph.outputs(of: "features.conv0.weight"), kernel: 7, stride: 2,
      padding: .symmetric(3), normalization: norm("features.norm0"))
    x = try graph.activation("features.relu0", x, .relu)
    x = try graph.maxPool("features.pool0", x, kernel: 3, stride: 2, padding: .symmetric(1))
    for stage in 1...stages {
      var index = 1
      repeat {
        x = try denseLayer(layer(stage, index), x, &graph)
        index += 1
      } while graph.state.contains("\(layer(stage, index)).conv2.weight")
      if stage < stages { x = try transition("features.transition\(stage)", x, isFeature: stage > 1, &graph) }
    }
    x = try normalized("features.norm5", "features.relu5", x, &graph)
    graph.feature("features.relu5", node: x)
    x = try graph.globalAveragePool("avgpool", x)
    return try graph.linear("classifier", x, outputs: graph.outputs(of: "classifier.weight"))
  }

  /// The input, and behind its channels those that are made of all of them.
  private static func denseLayer(
    _ name: String, _ input: String, _ graph: inout GraphBuilder
  ) throws(ImportError) -> String {
    var x = try normalized("\(name).norm1", "\(name).relu1", input, &graph)
    x = try graph.convolution(
      "\(name).conv1", x, outputChannels: graph.outputs(of: "\(name).conv1.weight"), kernel: 1,
      normalization: norm("\(name).norm2"))
    x = try graph.activation("\(name).relu2", x, .relu)
    x = try graph.convolution(
      "\(name).conv2", x, outputChannels: graph.outputs(of: "\(name).conv2.weight"), kernel: 3, padding: .symmetric(1),
      normalization: nil, bias: false)
    return try graph.concatenate("\(name).cat", input, x)
  }

  private static func transition(
    _ name: String, _ input: String, isFeature: Bool, _ graph: inout GraphBuilder
  ) throws(ImportError) -> String {
    var x = try normalized("\(name).norm", "\(name).relu", input, &graph)
    x = try graph.convolution(
      "\(name).conv", x, outputChannels: graph.outputs(of: "\(name).conv.weight"), kernel: 1, normalization: nil,
      bias: false)
    if isFeature { graph.feature("\(name).conv", node: x) }
    return try graph.averagePool("\(name).pool", x, kernel: 2, stride: 2, padding: .symmetric(0))
  }

  private static func normalized(
    _ name: String, _ relu: String, _ input: String, _ graph: inout GraphBuilder
  ) throws(ImportError) -> String {
    try graph.activation(relu, try graph.batchNorm(name, input, norm(name)), .relu)
  }

  private static func layer(_ stage: Int, _ index: Int) -> String { "features.denseblock\(stage).denselayer\(index)" }

  private static func norm(_ name: String) -> BatchNorm { BatchNorm(name: name, epsilon: epsilon) }
}

extension Architecture {
  static let denseNets = [
    Architecture(
      name: "densenet", aliases: ["densenet121", "densenet161", "densenet169", "densenet201"], modelName: "densenet",
      preprocessing: { _ in .torchvision }, recognizes: DenseNet.recognizes, build: DenseNet.build)
  ]
}

extension NamingScheme {
  /// `norm.1` for `norm1`, as torchvision's published files still have it.
  static let olderDenseLayers = ["norm.*", "conv.*"].flatMap { module in
    let layer = "features.denseblock*.denselayer*"
    let tensors = ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"]
    return Rename.module("\(layer).\(module)", "\(layer).\(module.filter { $0 != "." })", tensors: tensors)
  }
}
