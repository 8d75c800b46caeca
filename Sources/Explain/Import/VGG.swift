/// VGG in torchvision's names, with or without BatchNorm.
///
/// Behind the features comes the published classifier of three linear layers, or average pooling and a single one.
/// K. Simonyan, A. Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition", ICLR 2015.
private struct VGG {
  /// Convolutions of each of the five stages.
  var convolutions: [Int]
  var isNormalized: Bool

  /// Channels of each stage.
  static let widths = [64, 128, 256, 512, 512]
  static let epsilon = 1e-5
  /// Side of the features that the classifier's first layer reads.
  static let classifierSide = 7

  /// A convolution, its ReLU, and BatchNorm in between.
  private var modulesPerConvolution: Int { isNormalized ? 3 : 2 }
  private var lastConvolution: Int { (convolutions.reduce(0, +) - 1) * modulesPerConvolution + 4 }

  func recognizes(_ state: StateDict) -> Bool {
    state.shape("features.0.weight") == [Self.widths[0], 3, 3, 3]
      && state.contains("features.1.running_mean") == isNormalized
      && state.shape("features.\(lastConvolution).weight")?.count == 4
      && !state.contains("features.\(lastConvolution + modulesPerConvolution).weight")
  }

  func build(_ graph: inout GraphBuilder) throws(ImportError) -> String {
    var x = graph.input
    var index = 0
    for (stage, count) in convolutions.enumerated() {
      for _ in 0..<count {
        x = try convolution(index, x, Self.widths[stage], &graph)
        index += modulesPerConvolution
      }
      let name = "features.\(index)"
      x = try graph.maxPool(name, x, kernel: 2, stride: 2, padding: .symmetric(0))
      if stage >= 2 { graph.feature(name, node: x) }
      index += 1
    }
    guard !graph.state.contains("classifier.weight") else {
      x = try graph.globalAveragePool("avgpool", x)
      return try graph.linear("classifier", x, outputs: graph.outputs(of: "classifier.weight"))
    }
    return try classifier(x, &graph)
  }

  private func convolution(
    _ index: Int, _ input: String, _ channels: Int, _ graph: inout GraphBuilder
  ) throws(ImportError) -> String {
    let norm = isNormalized ? BatchNorm(name: "features.\(index + 1)", epsilon: Self.epsilon) : nil
    let x = try graph.convolution(
      "features.\(index)", input, outputChannels: channels, kernel: 3, padding: .symmetric(1), normalization: norm,
      bias: true)
    return try graph.activation("features.\(index + modulesPerConvolution - 1)", x, .relu)
  }

  /// The first layer reads the flattened `[channels, 7, 7]`: a 7 x 7 convolution without padding. torchvision's adaptive
  /// pooling in front of it changes nothing at this size.
  private func classifier(_ input: String, _ graph: inout GraphBuilder) throws(ImportError) -> String {
    let side = Self.classifierSide
    let features = graph.shape(input)
    guard features.height == side && features.width == side else {
      throw .unsupportedCrop(
        PixelSize(width: graph.inputShape.width, height: graph.inputShape.height),
        reason: "the classifier reads \(side)x\(side) features, as a crop of 224 yields")
    }
    let hidden = graph.outputs(of: "classifier.0.weight")
    var x = try graph.convolution(
      "classifier.0", input, outputChannels: hidden, kernel: side, normalization: nil,
      otherShape: [hidden, features.count])
    x = try graph.activation("classifier.1", x, .relu)
    let outputs = graph.outputs(of: "classifier.3.weight")
    x = try graph.linear("classifier.3", x, outputs: outputs, otherShape: [outputs, hidden, 1, 1])
    x = try graph.activation("classifier.4", x, .relu)
    return try graph.linear("classifier.6", x, outputs: graph.outputs(of: "classifier.6.weight"))
  }
}

extension Architecture {
  static let vggs = [
    (11, [1, 1, 2, 2, 2]), (13, [2, 2, 2, 2, 2]), (16, [2, 2, 3, 3, 3]), (19, [2, 2, 4, 4, 4]),
  ].flatMap { depth, convolutions in
    [vgg(depth, convolutions, isNormalized: false), vgg(depth, convolutions, isNormalized: true)]
  }

  private static func vgg(_ depth: Int, _ convolutions: [Int], isNormalized: Bool) -> Architecture {
    let network = VGG(convolutions: convolutions, isNormalized: isNormalized)
    return Architecture(
      name: isNormalized ? "vgg\(depth)_bn" : "vgg\(depth)", modelName: isNormalized ? "vgg\(depth)-bn" : "vgg\(depth)",
      preprocessing: { _ in .torchvision }, recognizes: { network.recognizes($0) },
      build: { (graph: inout GraphBuilder) throws(ImportError) in try network.build(&graph) })
  }
}
