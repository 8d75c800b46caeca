/// The published networks of inverted residual blocks. Names are timm's; what starts with `tf_` was trained with TensorFlow.
extension Architecture {
  static let invertedResidualNetworks =
    InvertedResidualNetwork.lites + InvertedResidualNetwork.efficientNets + InvertedResidualNetwork.mobileNets
}

extension InvertedResidualNetwork {
  /// Stages from the counts of their blocks, their kernels, and which of them squeeze and excite.
  private static func stages(_ blocks: [Int], _ kernels: [Int], squeezed: Set<Int> = []) -> [Stage] {
    blocks.indices.map { Stage(blocks: blocks[$0], kernel: kernels[$0], isSqueezed: squeezed.contains($0)) }
  }

  private static let efficientNetKernels = [3, 3, 5, 3, 5, 5, 3]

  /// TensorFlow's variant of a network.
  private var tensorFlow: InvertedResidualNetwork {
    var network = self
    (network.hasSamePadding, network.epsilon) = (true, 1e-3)
    return network
  }

  /// - Parameters:
  ///   - modelName: the default is the name with hyphens.
  ///   - others: of the weights of other libraries than timm.
  private func architecture(
    _ name: String, aliases: [String] = [], modelName: String? = nil, _ preprocessing: Preprocessing,
    others: [NamingScheme.Library: Preprocessing] = [:]
  ) -> Architecture {
    Architecture(
      name: name, aliases: aliases, modelName: modelName ?? name.split(separator: "_").joined(separator: "-"),
      preprocessing: { others[$0.scheme.library] ?? preprocessing },
      recognizes: { recognizes($0) },
      build: { (graph: inout GraphBuilder) throws(ImportError) in try build(&graph) })
  }

  /// ImageNet's statistics, as timm and torchvision have them.
  private static func imageNet(_ size: (resize: Int, crop: Int), _ interpolation: Interpolation = .bicubic)
    -> Preprocessing
  {
    var preprocessing = Preprocessing.torchvision
    (preprocessing.resize, preprocessing.crop) = (size.resize, PixelSize(side: size.crop))
    preprocessing.interpolation = interpolation
    return preprocessing
  }

  // MARK: EfficientNet-Lite: ReLU6, nothing squeezed.

  private struct LiteSize {
    var blocks: [Int]
    /// Output channels of the third stage, where they tell two sizes apart.
    var width: Int?
    var interpolation = Interpolation.bicubic
    /// As timm and TensorFlow test: the side that images are resized to, and the crop.
    var timm, tensorFlow: (resize: Int, crop: Int)
  }

  private static let liteSizes = [
    LiteSize(blocks: [1, 2, 2, 3, 3, 4, 1], timm: (256, 224), tensorFlow: (256, 224)),
    LiteSize(blocks: [1, 3, 3, 4, 4, 5, 1], width: 40, timm: (272, 240), tensorFlow: (272, 240)),
    LiteSize(blocks: [1, 3, 3, 4, 4, 5, 1], width: 48, timm: (292, 260), tensorFlow: (292, 260)),
    LiteSize(blocks: [1, 3, 3, 5, 5, 6, 1], interpolation: .bilinear, timm: (331, 300), tensorFlow: (312, 280)),
    LiteSize(blocks: [1, 4, 4, 6, 6, 8, 1], interpolation: .bilinear, timm: (413, 380), tensorFlow: (332, 300)),
  ]

  fileprivate static let lites = liteSizes.enumerated().map { number, size -> Architecture in
    func preprocessing(_ side: (resize: Int, crop: Int), _ interpolation: Interpolation) -> Preprocessing {
      Preprocessing(
        resize: side.resize, crop: PixelSize(side: side.crop), interpolation: interpolation,
        mean: [Float](repeating: 127 / 255, count: 3), std: [Float](repeating: 128 / 255, count: 3))
    }
    return InvertedResidualNetwork(
      stages: stages(size.blocks, efficientNetKernels), activations: Array(repeating: .relu6, count: 7),
      thirdWidth: size.width
    ).tensorFlow.architecture(
      "tf_efficientnet_lite\(number)", aliases: ["efficientnet_lite\(number)"],
      modelName: "efficientnet-lite\(number)", preprocessing(size.timm, size.interpolation),
      others: [.efficientNetPyTorch: preprocessing(size.tensorFlow, .bicubic)])
  }

  // MARK: EfficientNet-B: SiLU, everything squeezed.

  private struct EfficientNetSize {
    var blocks: [Int]
    /// Output channels of the third stage, where they tell two sizes apart.
    var width: Int?
    /// As the libraries test: the side that images are resized to, and the crop.
    var timm, tensorFlow, torchvision: (resize: Int, crop: Int)
  }

  private static let efficientNetSizes = [
    EfficientNetSize(
      blocks: [1, 2, 2, 3, 3, 4, 1], timm: (256, 224), tensorFlow: (256, 224), torchvision: (256, 224)),
    EfficientNetSize(
      blocks: [2, 3, 3, 4, 4, 5, 2], width: 40, timm: (266, 240), tensorFlow: (272, 240), torchvision: (256, 240)),
    EfficientNetSize(
      blocks: [2, 3, 3, 4, 4, 5, 2], width: 48, timm: (292, 256), tensorFlow: (292, 260), torchvision: (288, 288)),
    EfficientNetSize(
      blocks: [2, 3, 3, 5, 5, 6, 2], timm: (329, 288), tensorFlow: (331, 300), torchvision: (320, 300)),
    EfficientNetSize(
      blocks: [2, 4, 4, 6, 6, 8, 2], timm: (365, 320), tensorFlow: (412, 380), torchvision: (384, 380)),
  ]

  fileprivate static let efficientNets = efficientNetSizes.enumerated().flatMap { number, size -> [Architecture] in
    let network = InvertedResidualNetwork(
      stages: stages(size.blocks, efficientNetKernels, squeezed: Set(0..<7)),
      activations: Array(repeating: .silu, count: 7), thirdWidth: size.width)
    return [
      network.architecture(
        "efficientnet_b\(number)", imageNet(size.timm), others: [.torchvision: imageNet(size.torchvision)]),
      network.tensorFlow.architecture(
        "tf_efficientnet_b\(number)", modelName: "efficientnet-b\(number)", imageNet(size.tensorFlow)),
    ]
  }

  // MARK: MobileNet and MnasNet

  private static let usual = (resize: 256, crop: 224)

  fileprivate static let mobileNets =
    [
      mobileNetV2("mobilenetv2", aliases: ["mobilenet_v2"], [1, 2, 3, 4, 3, 3, 1]),
      mobileNetV2("mobilenetv2_110d", [1, 3, 4, 5, 4, 4, 1]), mobileNetV2("mobilenetv2_120d", [1, 3, 5, 6, 5, 5, 1]),
      mnasNet, semnasNet,
    ] + mobileNetV3(size: "large", mobileNetV3Large) + mobileNetV3(size: "small", mobileNetV3Small)

  private static func mobileNetV2(_ name: String, aliases: [String] = [], _ blocks: [Int]) -> Architecture {
    let network = InvertedResidualNetwork(
      stages: stages(blocks, Array(repeating: 3, count: 7)), activations: Array(repeating: .relu6, count: 7))
    return network.architecture(
      name, aliases: aliases, imageNet(usual), others: [.torchvision: imageNet(usual, .bilinear)])
  }

  private static let mobileNetV3Gate = Gate(reduction: .relu, factors: .hardSigmoid)

  private static let mobileNetV3Large = InvertedResidualNetwork(
    stages: stages([1, 2, 3, 4, 2, 3, 1], [3, 3, 5, 3, 3, 5, 1], squeezed: [2, 4, 5]),
    activations: [.relu, .relu, .relu, .hardSwish, .hardSwish, .hardSwish, .hardSwish], gate: mobileNetV3Gate,
    torchvisionEpsilon: 1e-3, poolsEarly: true)

  private static let mobileNetV3Small = InvertedResidualNetwork(
    stages: stages([1, 2, 3, 2, 3, 1], [3, 3, 5, 5, 5, 1], squeezed: [0, 2, 3, 4]), strides: [2, 2, 2, 1, 2, 1],
    activations: [.relu, .relu, .hardSwish, .hardSwish, .hardSwish, .hardSwish], gate: mobileNetV3Gate,
    torchvisionEpsilon: 1e-3, poolsEarly: true)

  private static func mobileNetV3(size: String, _ network: InvertedResidualNetwork) -> [Architecture] {
    let half = [Float](repeating: 0.5, count: 3)
    return [
      network.architecture(
        "mobilenetv3_\(size)", aliases: ["mobilenet_v3_\(size)"], imageNet(usual),
        others: [.torchvision: imageNet(usual, .bilinear)]),
      network.tensorFlow.architecture(
        "tf_mobilenetv3_\(size)", modelName: "mobilenetv3-\(size)",
        Preprocessing(resize: 256, crop: 224, interpolation: .bilinear, mean: half, std: half)),
    ]
  }

  private static let mnasNet = InvertedResidualNetwork(
    stages: stages([1, 3, 3, 3, 2, 4, 1], [3, 3, 5, 5, 3, 5, 3]), activations: Array(repeating: .relu, count: 7)
  ).architecture("mnasnet", imageNet(usual))

  private static let semnasNet = InvertedResidualNetwork(
    stages: stages([1, 2, 3, 4, 2, 3, 1], [3, 3, 5, 3, 3, 5, 3], squeezed: [2, 4, 5]),
    activations: Array(repeating: .relu, count: 7), gate: Gate(reduction: .relu, factors: .sigmoid)
  ).architecture("semnasnet", imageNet(usual))
}
