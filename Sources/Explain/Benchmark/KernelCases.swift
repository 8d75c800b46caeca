import Kernels

/// The shapes that kernels are measured on: every distinct layer of four networks with their T-TAME heads, at 224 x 224;
/// what training does with some of them; and layers of other networks that these four have none of.
public enum KernelCases {
  /// All of them, kernel by kernel, the representative ones marked.
  public static let all: [KernelCase] = {
    var list = CaseList()
    list.addTiles()
    list.addEfficientNetLite0()
    list.addVGG16()
    list.addResNet50()
    list.addVisionTransformer()
    list.addGroupedNetworks()
    list.addDilated()
    list.addFloatTwins()
    list.addTraining()
    list.addActivations()
    list.addAveragePools()
    list.addGlobalMaxPools()
    list.addPictures()
    return list.cases
  }()

  /// A few of each kernel, for a quick look.
  public static var representative: [KernelCase] { all.filter(\.isRepresentative) }

  /// Cases whose kernel, shape and networks hold every word of a pattern: `int8 resnet50 avx2`.
  public static func matching(_ pattern: String) -> [KernelCase] {
    all.filter { item in
      let text = item.searchText.lowercased()
      return pattern.lowercased().split(separator: " ").allSatisfy { word in text.contains(word) }
    }
  }
}

extension KernelCase {
  fileprivate var searchText: String { "\(shape.kernel) \(shape) \(networks.joined(separator: " "))" }
}

/// Collects shapes; one that several networks have is listed once.
private struct CaseList {
  private(set) var cases: [KernelCase] = []
  private var places: [KernelShape: Int] = [:]
  private var network = ""

  mutating func add(_ shape: KernelShape, isRepresentative: Bool = false) {
    guard let place = places[shape] else {
      places[shape] = cases.count
      cases.append(KernelCase(shape, networks: [network], isRepresentative: isRepresentative))
      return
    }
    if !cases[place].networks.contains(network) { cases[place].networks.append(network) }
    cases[place].isRepresentative = cases[place].isRepresentative || isRepresentative
  }

  private mutating func convolution(
    _ size: Int, _ channels: Int, _ outputs: Int, kernel: Int = 1, stride: Int = 1, isSigned: Bool = false,
    residual: Bool = false, readsPixels: Bool = false, quantizedPadding: Int? = nil, isRepresentative: Bool = false
  ) {
    add(
      .convolution(
        ConvolutionShape(
          height: size, width: size, channels: channels, outputs: outputs, kernel: kernel, stride: stride,
          isSigned: isSigned, hasResidual: residual, readsPixels: readsPixels, quantizedPadding: quantizedPadding)),
      isRepresentative: isRepresentative)
  }

  /// What the engine makes of a 3 x 3 convolution.
  private mutating func winograd(
    _ size: Int, _ channels: Int, _ outputs: Int, quantizedPadding: Int?, isRepresentative: Bool = false
  ) {
    add(
      .winograd(
        ConvolutionShape(
          height: size, width: size, channels: channels, outputs: outputs, kernel: 3,
          quantizedPadding: quantizedPadding)),
      isRepresentative: isRepresentative)
  }

  private mutating func linear(
    rows: Int = 1, _ channels: Int, _ outputs: Int, isSigned: Bool = false, residual: Bool = false,
    isRepresentative: Bool = false
  ) {
    add(
      .convolution(
        ConvolutionShape(
          height: 1, width: rows, channels: channels, outputs: outputs, isSigned: isSigned, hasResidual: residual)),
      isRepresentative: isRepresentative)
  }

  /// The levels that convolutions read.
  private mutating func quantize(
    _ size: Int, _ channels: Int, padding: Int = 0, isRepresentative: Bool = false
  ) {
    add(
      .quantize(height: size, width: size, channels: channels, padding: padding, hasOneScale: channels < 16),
      isRepresentative: isRepresentative)
  }

  /// Tiles of the GEMM whose operands all stay in the first-level cache: what the micro-kernel alone can do.
  mutating func addTiles() {
    network = "tile"
    for reduction in [64, 256, 1024] {
      linear(rows: 48, reduction, 32, isSigned: true, isRepresentative: reduction == 256)
    }
  }

  mutating func addEfficientNetLite0() {
    network = "efficientnet-lite0"
    quantize(224, 3, padding: 1)
    var (size, channels) = (112, 32)
    convolution(224, 3, channels, kernel: 3, stride: 2, readsPixels: true, isRepresentative: true)
    let stages: [(channels: Int, kernel: Int, stride: Int, blocks: Int)] = [
      (16, 3, 1, 1), (24, 3, 2, 2), (40, 5, 2, 2), (80, 3, 2, 3), (112, 5, 1, 3), (192, 5, 2, 4), (320, 3, 1, 1),
    ]
    for (index, stage) in stages.enumerated() {
      let (kernel, outputs) = (stage.kernel, stage.channels)
      for block in 0..<stage.blocks {
        let stride = block == 0 ? stage.stride : 1
        let wide = index == 0 ? channels : channels * 6
        if wide > channels {
          quantize(size, channels)
          convolution(size, channels, wide, isSigned: true, isRepresentative: size == 28 && channels == 40)
        }
        add(
          .depthwise(WindowShape(height: size, width: size, channels: wide, kernel: kernel, stride: stride)),
          isRepresentative: kernel == 3 ? size == 112 && stride == 1 : size == 14 && channels == 112 && stride == 1)
        size /= stride
        quantize(size, wide)
        convolution(size, wide, outputs, residual: block > 0)
        channels = outputs
      }
    }
    let last = 1280
    quantize(size, channels)
    convolution(size, channels, last, isSigned: true)
    add(.globalAveragePool(pixels: 49, channels: last))
    linear(last, 1000)
    head(maps: [(28, 40), (14, 112), (7, last)], branchLimit: 1024, fuse: [(784, 40), (196, 112), (49, last)])
  }

  mutating func addVGG16() {
    network = "vgg16"
    var (size, channels) = (224, 3)
    for (outputs, repetitions) in [(64, 2), (128, 2), (256, 3), (512, 3), (512, 3)] {
      for repetition in 1...repetitions {
        quantize(size, channels, padding: 1)
        convolution(
          size, channels, outputs, kernel: 3, readsPixels: channels == 3,
          isRepresentative: size == 28 && channels == 512)
        if repetition < repetitions {
          convolution(size, channels, outputs, kernel: 3, quantizedPadding: 1)
          if channels > 3 { winograd(size, channels, outputs, quantizedPadding: 1) }
        }
        channels = outputs
      }
      add(.maxPool(WindowShape(height: size, width: size, channels: channels, kernel: 2, stride: 2)))
      size /= 2
    }
    linear(49 * 512, 4096)
    linear(4096, 4096, isRepresentative: true)
    linear(4096, 1000)
    head(maps: [(28, 256), (14, 512), (7, 512)], fuse: [(784, 256), (196, 512), (49, 512)])
  }

  mutating func addResNet50() {
    network = "resnet50"
    quantize(224, 3, padding: 3)
    convolution(224, 3, 64, kernel: 7, stride: 2, readsPixels: true, isRepresentative: true)
    add(.maxPool(WindowShape(height: 112, width: 112, channels: 64, kernel: 3, stride: 2)), isRepresentative: true)
    var (size, channels) = (56, 64)
    for (narrow, repetitions) in [(64, 3), (128, 4), (256, 6), (512, 3)] {
      for repetition in 0..<repetitions {
        let stride = repetition == 0 && narrow > 64 ? 2 : 1
        let isUsual = repetition > 0
        quantize(size, channels, isRepresentative: isUsual && narrow == 64)
        convolution(size, channels, narrow, isRepresentative: isUsual && narrow == 256)
        convolution(size, channels, narrow, quantizedPadding: 1)
        quantize(size, narrow, padding: 1)
        convolution(size, narrow, narrow, kernel: 3, stride: stride, isRepresentative: isUsual && narrow < 512)
        convolution(
          size, narrow, narrow, kernel: 3, stride: stride, quantizedPadding: 0,
          isRepresentative: isUsual && narrow == 256)
        if repetition == 0 { convolution(size, channels, 4 * narrow, stride: stride) }
        size /= stride
        quantize(size, narrow)
        convolution(size, narrow, 4 * narrow, residual: true, isRepresentative: isUsual && narrow == 64)
        convolution(
          size, narrow, 4 * narrow, residual: true, quantizedPadding: 0, isRepresentative: isUsual && narrow == 64)
        channels = 4 * narrow
      }
    }
    for (size, channels) in [(56, 64), (28, 128), (14, 256)] {
      winograd(size, channels, channels, quantizedPadding: 0, isRepresentative: channels == 256)
    }
    add(.winogradWeights(channels: 256), isRepresentative: true)
    add(.globalAveragePool(pixels: 49, channels: 2048), isRepresentative: true)
    linear(2048, 1000)
    head(maps: [(28, 512), (14, 1024), (7, 2048)], fuse: [(784, 512), (196, 1024), (49, 2048)])
  }

  mutating func addVisionTransformer() {
    network = "vit_b_16"
    let (tokens, channels) = (197, 768)
    quantize(224, 3)
    convolution(224, 3, channels, kernel: 16, stride: 16, readsPixels: true)
    add(.add(count: 196 * channels), isRepresentative: true)
    add(.layerNorm(rows: tokens, channels: channels), isRepresentative: true)
    add(.quantize(height: 1, width: tokens, channels: channels, padding: 0, hasOneScale: false), isRepresentative: true)
    linear(rows: tokens, channels, 3 * channels, isSigned: true)
    add(.attention(tokens: tokens, channels: channels, heads: 12), isRepresentative: true)
    linear(rows: tokens, channels, channels, isSigned: true, residual: true)
    linear(rows: tokens, channels, 4 * channels, isSigned: true, isRepresentative: true)
    add(.activation(.gelu, rows: tokens, channels: 4 * channels), isRepresentative: true)
    add(.quantize(height: 1, width: tokens, channels: 4 * channels, padding: 0, hasOneScale: false))
    linear(rows: tokens, 4 * channels, channels, isSigned: true, residual: true)
    linear(channels, 1000, isSigned: true)
    head(maps: [(14, channels), (14, channels), (14, channels)], fuse: [(196, channels)])
  }

  /// The 3 x 3 convolutions of ResNeXt-50 32x4d, and of RegNetY-400MF and 1.6GF, whose groups have 8 and 24 channels.
  mutating func addGroupedNetworks() {
    for (name, channels, width) in [
      ("resnext50", [128, 256, 512, 1024], [4, 8, 16, 32]), ("regnety_400mf", [48, 104, 208, 440], [8]),
      ("regnety_1_6gf", [48, 120, 336, 888], [24]),
    ] {
      network = name
      for (stage, channels) in channels.enumerated() {
        let groups = channels / width[stage % width.count]
        add(
          .convolution(
            ConvolutionShape(
              height: 56 >> stage, width: 56 >> stage, channels: channels, outputs: channels, kernel: 3, groups: groups)
          ),
          isRepresentative: stage == 0 && name == "resnext50")
      }
    }
  }

  /// The last stages of a ResNet and of a MobileNet that dilate their kernels in place of striding.
  mutating func addDilated() {
    network = "dilated"
    add(
      .convolution(
        ConvolutionShape(height: 28, width: 28, channels: 256, outputs: 256, kernel: 3, dilation: 2)),
      isRepresentative: true)
    add(.depthwise(WindowShape(height: 14, width: 14, channels: 672, kernel: 5, stride: 1, dilation: 2)))
  }

  /// The attention head: a 1 x 1 convolution with a skip for each of three layers, one row of the fuse layer, enlargement of
  /// the smaller maps; and the probabilities.
  ///
  /// - Parameter branchLimit: channels above which a branch has no convolution.
  private mutating func head(
    maps: [(side: Int, channels: Int)], branchLimit: Int = .max, fuse: [(pixels: Int, channels: Int)]
  ) {
    for (side, channels) in maps {
      if channels <= branchLimit {
        quantize(side, channels)
        convolution(side, channels, channels, isSigned: network == "vit_b_16", residual: true)
      }
      if let largest = maps.first?.side, side < largest {
        add(.bilinear(side: side, outputSide: largest), isRepresentative: side == 14)
      }
    }
    for (pixels, channels) in fuse {
      add(.project(pixels: pixels, channels: channels), isRepresentative: pixels == 784 && channels == 512)
    }
    add(.softmax(count: 1000), isRepresentative: true)
  }

  /// Dense layers in Float: what float32 models and attention use. Their time at a given instruction set hardly depends on
  /// signs, so that is left out; weights of more than 64 MiB are, too, for the sake of small boards.
  mutating func addFloatTwins() {
    let int8Cases = cases
    for item in int8Cases {
      guard var shape = item.shape.convolution, shape.weightCount <= 16 << 20, shape.quantizedPadding == nil
      else { continue }
      (shape.isFloat, shape.isSigned, shape.readsPixels) = (true, true, false)
      for network in item.networks {
        self.network = network
        let isBlock = shape.height == 14 && shape.channels == 256 && shape.kernel == 3 && shape.stride == 1
        let isTile = shape.width == 48 && shape.channels == 256
        add(.convolution(shape), isRepresentative: isTile || isBlock)
      }
    }
  }

  /// The activations of MobileNetV3-Large at its widest.
  mutating func addActivations() {
    network = "mobilenetv3"
    add(.multiply(rows: 14 * 14, channels: 672), isRepresentative: true)
    add(.prelu(rows: 28 * 28, channels: 240), isRepresentative: true)
    for (index, shape) in KernelShape.activations(rows: 28 * 28, channels: 240).enumerated() {
      add(shape, isRepresentative: index < 2)
    }
  }

  /// DenseNet-121's transitions and the pooled branches of Inception v3.
  mutating func addAveragePools() {
    for (network, windows) in [
      ("densenet121", [(56, 128, 2, 2), (28, 256, 2, 2), (14, 512, 2, 2)]),
      ("inception_v3", [(35, 192, 3, 1), (35, 288, 3, 1), (17, 768, 3, 1), (8, 1280, 3, 1), (8, 2048, 3, 1)]),
    ] {
      for (size, channels, kernel, stride) in windows {
        let window = WindowShape(height: size, width: size, channels: channels, kernel: kernel, stride: stride)
        self.network = network
        // torchvision's Inception counts the padding; DenseNet has none.
        add(.averagePool(window, countsPadding: stride == 1), isRepresentative: size == 28 || size == 17)
        self.network = "\(network) training"
        add(.averagePoolGradient(window, countsPadding: stride == 1), isRepresentative: size == 17)
      }
    }
  }

  /// The attention of CBAM to channels, at the ends of ResNet-50's stages: one window over the whole image.
  ///
  /// S. Woo et al., "CBAM: Convolutional Block Attention Module", ECCV 2018.
  mutating func addGlobalMaxPools() {
    for (size, channels) in [(56, 256), (28, 512), (14, 1024), (7, 2048)] {
      let window = WindowShape(height: size, width: size, channels: channels, kernel: size, stride: size)
      network = "cbam"
      add(.maxPool(window))
      network = "cbam training"
      add(.maxPoolGradient(window))
    }
  }

  /// A frame of a camera on its way to a network of 224 x 224, and the map on its way to the frame.
  mutating func addPictures() {
    network = "1280x720"
    add(.resampleRows(width: 1280, rows: 640, columns: 224, taps: 6), isRepresentative: true)
    add(.resampleColumns(count: 672, taps: 6), isRepresentative: true)
    add(.roundToLevels(count: 630), isRepresentative: true)
    add(.blendPixels(count: 630), isRepresentative: true)
  }

  /// Training of a head: gradients through the frozen network down to the picture, one picture's share of them; batch
  /// normalisation of the head's largest map; a step of the optimiser.
  mutating func addTraining() {
    for (name, largest, pools) in [
      ("vgg16", 256, [(224, 64, 2), (112, 128, 2), (56, 256, 2), (28, 512, 2), (14, 512, 2)]),
      ("resnet50", 512, [(112, 64, 3)]),
    ] {
      network = "\(name) training"
      for (size, channels, kernel) in pools {
        add(
          .maxPoolGradient(WindowShape(height: size, width: size, channels: channels, kernel: kernel, stride: 2)),
          isRepresentative: kernel == 3)
      }
      add(.clampGradient(count: 784 * largest), isRepresentative: largest == 512)
      add(.bilinearGradient(side: 28, outputSide: 224), isRepresentative: true)
      add(.moments(rows: 784, channels: largest), isRepresentative: largest == 512)
      add(.normalize(rows: 784, channels: largest), isRepresentative: largest == 512)
      add(.normalizeGradient(rows: 784, channels: largest), isRepresentative: largest == 512)
      add(.descend(count: largest * largest), isRepresentative: largest == 512)
      add(.roundToBFloat16(count: 784 * largest), isRepresentative: largest == 512)
    }
    network = "resnet50 training"
    for (size, channels) in [(56, 64), (28, 128), (14, 256), (7, 512)] {
      let window = WindowShape(height: size, width: size, channels: channels, kernel: 3, stride: 1)
      add(.bfloat16Convolution(window, outputs: channels), isRepresentative: size == 14)
    }
    // The gradient of a convolution that leaves pixels out is made of columns.
    for (size, channels, kernel) in [(224, 3, 7), (56, 128, 3), (28, 256, 3), (14, 512, 3)] {
      add(
        .foldColumns(WindowShape(height: size, width: size, channels: channels, kernel: kernel, stride: 2)),
        isRepresentative: size == 28)
    }
    network = "efficientnet-lite0 training"
    for item in cases where item.shape.kernel == "depthwise" {
      guard let window = item.shape.window else { continue }
      add(.depthwiseGradient(window), isRepresentative: item.isRepresentative)
    }
    network = "vit_b_16 training"
    let (tokens, channels) = (197, 768)
    add(.activationGradient(.gelu, count: tokens * 4 * channels), isRepresentative: true)
    add(.layerNormGradient(rows: tokens, channels: channels), isRepresentative: true)
    add(.softmaxGradient(rows: tokens, channels: tokens), isRepresentative: true)
    add(
      .bfloat16Convolution(
        WindowShape(height: 1, width: tokens, channels: channels, kernel: 1, stride: 1), outputs: channels))
  }
}
