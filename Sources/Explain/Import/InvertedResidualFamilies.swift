/// The published networks of inverted residual blocks. Names are timm's; what starts with `tf_` was trained with TensorFlow.
extension Architecture {
  static let invertedResidualNetworks =
    InvertedResidualNetwork.lites + InvertedResidualNetwork.efficientNets + InvertedResidualNetwork.efficientNetV2s
    + InvertedResidualNetwork.mobileNets
}

extension InvertedResidualNetwork {
  /// Stages from the counts of their blocks, their kernels, and which of them squeeze and excite.
  ///
  /// - Parameter kinds: by default no block expands in the first stage, and all do in the others.
  private static func stages(
    _ blocks: [Int], _ kernels: [Int], squeezed: Set<Int> = [], kinds: [InvertedResidualBlock]? = nil
  ) -> [Stage] {
    blocks.indices.map {
      Stage(
        block: kinds?[$0] ?? ($0 == 0 ? .separable : .inverted), blocks: blocks[$0], kernel: kernels[$0],
        isSqueezed: squeezed.contains($0))
    }
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

  /// Values from -1 to 1.
  private static func centred(_ size: (resize: Int, crop: Int), _ interpolation: Interpolation = .bicubic)
    -> Preprocessing
  {
    let half = [Float](repeating: 0.5, count: 3)
    return Preprocessing(
      resize: size.resize, crop: PixelSize(side: size.crop), interpolation: interpolation, mean: half, std: half)
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

  // MARK: EfficientNetV2: expansion and depthwise convolution are one in the first stages.

  fileprivate static let efficientNetV2s: [Architecture] = {
    let small = InvertedResidualNetwork(
      stages: stages(
        [2, 4, 4, 6, 9, 15], Array(repeating: 3, count: 6), squeezed: [3, 4, 5],
        kinds: [.residualConvolution, .fused, .fused, .inverted, .inverted, .inverted]),
      strides: [1, 2, 2, 2, 1, 2], activations: Array(repeating: .silu, count: 6), torchvisionEpsilon: 1e-3)
    // timm's, from before the authors' was known.
    var early = small
    early.stages[0].block = .fused
    return [
      small.architecture(
        "efficientnetv2_s", imageNet((288, 288)), others: [.torchvision: imageNet((384, 384), .bilinear)]),
      small.tensorFlow.architecture(
        "tf_efficientnetv2_s", modelName: "efficientnetv2-s", centred((300, 300))),
      early.architecture("efficientnetv2_rw_s", imageNet((288, 288))),
    ]
  }()

  // MARK: MobileNet and MnasNet

  private static let usual = (resize: 256, crop: 224)

  fileprivate static let mobileNets =
    [
      mobileNetV2("mobilenetv2", aliases: ["mobilenet_v2"], [1, 2, 3, 4, 3, 3, 1]),
      mobileNetV2("mobilenetv2_110d", [1, 3, 4, 5, 4, 4, 1]), mobileNetV2("mobilenetv2_120d", [1, 3, 5, 6, 5, 5, 1]),
      mnasNet, semnasNet,
    ] + mobileNetV3(size: "large", mobileNetV3Large) + mobileNetV3(size: "small", mobileNetV3Small)
    + [mobileNetV1("mobilenetv1", head: .pooling), mobileNetV1("mobilenetv1_100h", head: .convolution)]
    + mobileNetV4

  private static func mobileNetV1(_ name: String, head: Head) -> Architecture {
    InvertedResidualNetwork(
      stages: stages(
        [1, 2, 2, 6, 2], Array(repeating: 3, count: 5), kinds: Array(repeating: .activatedSeparable, count: 5)),
      strides: [1, 2, 2, 2, 2], activations: Array(repeating: .relu6, count: 5), head: head
    ).architecture(name, centred(usual))
  }

  private static func mobileNetV2(_ name: String, aliases: [String] = [], _ blocks: [Int]) -> Architecture {
    let network = InvertedResidualNetwork(
      stages: stages(blocks, Array(repeating: 3, count: 7)), activations: Array(repeating: .relu6, count: 7))
    return network.architecture(
      name, aliases: aliases, imageNet(usual), others: [.torchvision: imageNet(usual, .bilinear)])
  }

  private static let mobileNetV3Gate = Gate(reduction: .relu, factors: .hardSigmoid)

  /// The last stage is a convolution.
  private static func mobileNetV3Blocks(_ stages: Int) -> [InvertedResidualBlock] {
    [.separable] + Array(repeating: .inverted, count: stages - 2) + [.convolution]
  }

  private static let mobileNetV3Large = InvertedResidualNetwork(
    stages: stages([1, 2, 3, 4, 2, 3, 1], [3, 3, 5, 3, 3, 5, 1], squeezed: [2, 4, 5], kinds: mobileNetV3Blocks(7)),
    activations: [.relu, .relu, .relu, .hardSwish, .hardSwish, .hardSwish, .hardSwish], gate: mobileNetV3Gate,
    torchvisionEpsilon: 1e-3, head: .pooledConvolution(norm: nil))

  private static let mobileNetV3Small = InvertedResidualNetwork(
    stages: stages([1, 2, 3, 2, 3, 1], [3, 3, 5, 5, 5, 1], squeezed: [0, 2, 3, 4], kinds: mobileNetV3Blocks(6)),
    strides: [2, 2, 2, 1, 2, 1],
    activations: [.relu, .relu, .hardSwish, .hardSwish, .hardSwish, .hardSwish], gate: mobileNetV3Gate,
    torchvisionEpsilon: 1e-3, head: .pooledConvolution(norm: nil))

  private static func mobileNetV3(size: String, _ network: InvertedResidualNetwork) -> [Architecture] {
    [
      network.architecture(
        "mobilenetv3_\(size)", aliases: ["mobilenet_v3_\(size)"], imageNet(usual),
        others: [.torchvision: imageNet(usual, .bilinear)]),
      network.tensorFlow.architecture(
        "tf_mobilenetv3_\(size)", modelName: "mobilenetv3-\(size)",
        centred(usual, .bilinear)),
    ]
  }

  private static let mobileNetV4 = [
    mobileNetV4(
      size: "small", blocks: [2, 2, 6, 6, 1], [.convolution, .convolution, .universal, .universal, .convolution],
      imageNet(usual)),
    mobileNetV4(size: "medium", blocks: [1, 2, 8, 11, 1], mobileNetV4Blocks, imageNet((269, 256))),
    mobileNetV4(size: "large", blocks: [1, 2, 11, 13, 1], mobileNetV4Blocks, imageNet((404, 384))),
  ]

  private static let mobileNetV4Blocks: [InvertedResidualBlock] = [
    .fused, .universal, .universal, .universal, .convolution,
  ]

  private static func mobileNetV4(
    size: String, blocks: [Int], _ kinds: [InvertedResidualBlock], _ preprocessing: Preprocessing
  ) -> Architecture {
    // The last convolution is a 1 x 1, as is what tells of a universal block.
    let kernels = kinds.indices.map { kinds[$0] == .universal || $0 == kinds.count - 1 ? 1 : 3 }
    return InvertedResidualNetwork(
      stages: stages(blocks, kernels, kinds: kinds), strides: [2, 2, 2, 2, 1],
      activations: Array(repeating: .relu, count: 5), head: .pooledConvolution(norm: "norm_head")
    ).architecture("mobilenetv4_conv_\(size)", preprocessing)
  }

  private static let mnasNet = InvertedResidualNetwork(
    stages: stages([1, 3, 3, 3, 2, 4, 1], [3, 3, 5, 5, 3, 5, 3]), activations: Array(repeating: .relu, count: 7)
  ).architecture("mnasnet", imageNet(usual))

  private static let semnasNet = InvertedResidualNetwork(
    stages: stages([1, 2, 3, 4, 2, 3, 1], [3, 3, 5, 3, 3, 5, 3], squeezed: [2, 4, 5]),
    activations: Array(repeating: .relu, count: 7), gate: Gate(reduction: .relu, factors: .sigmoid)
  ).architecture("semnasnet", imageNet(usual))
}
