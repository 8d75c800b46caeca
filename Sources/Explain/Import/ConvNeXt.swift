/// ConvNeXt, and ConvNeXt V2 with global response normalization, in timm's names. Depths, widths and kernels are the weights'.
///
/// Z. Liu et al., "A ConvNet for the 2020s", CVPR 2022; S. Woo et al., "ConvNeXt V2: Co-designing and Scaling ConvNets with
/// Masked Autoencoders", CVPR 2023.
private struct ConvNeXt {
  /// Response normalization between the layers of a block, in place of a scale behind them.
  var isSecond: Bool

  private static let stages = 4
  /// From this width on, networks that share the names have another epsilon.
  private static let widest = 384
  /// In all published networks but for the last norm of Hugging Face's.
  private static let epsilon: Float = 1e-6

  func recognizes(_ state: StateDict) -> Bool {
    let widths = (0..<Self.stages).compactMap { state.shape("\(Self.block($0, 0)).conv_dw.weight")?.first }
    return state.shape("stem.0.weight")?.count == 4 && widths.count == Self.stages && widths[0] < Self.widest
      && zip(widths, widths.dropFirst()).allSatisfy { $1 == 2 * $0 }
      // A norm without bias is another one.
      && state.contains("\(Self.block(0, 0)).norm.bias")
      && state.contains("\(Self.block(0, 0)).mlp.grn.weight") == isSecond
  }

  func preprocessing(_ state: StateDict) -> Preprocessing {
    var preprocessing = Preprocessing.torchvision
    guard state.scheme.library == .torchvision else {
      preprocessing.interpolation = .bicubic
      return preprocessing
    }
    let isSmall = state.shape("stem.0.weight")?.first == 96
    let isTiny = isSmall && !state.contains("\(Self.block(2, 9)).norm.weight")
    preprocessing.resize = isTiny ? 236 : isSmall ? 230 : 232
    return preprocessing
  }

  func build(_ graph: inout GraphBuilder) throws(ImportError) -> String {
    var x = try stem(&graph)
    for stage in 0..<Self.stages {
      if stage > 0 { x = try downsample("stages.\(stage).downsample", x, &graph) }
      var index = 0
      repeat {
        x = try block(Self.block(stage, index), x, &graph)
        index += 1
      } while graph.state.contains("\(Self.block(stage, index)).conv_dw.weight")
      if stage > 0 && stage < Self.stages - 1 { graph.feature("stages.\(stage)", node: x) }
    }
    let normalizesFirst = graph.state.contains("norm_pre.weight")
    if normalizesFirst { x = try graph.layerNorm("norm_pre", x) }
    graph.feature("stages.\(Self.stages - 1)", node: x)
    x = try graph.globalAveragePool("head.global_pool", x)
    if !normalizesFirst { x = try graph.layerNorm("head.norm", x) }
    return try graph.linear("head.fc", x, outputs: graph.outputs(of: "head.fc.weight"))
  }

  /// Patches, or two convolutions that overlap.
  private func stem(_ graph: inout GraphBuilder) throws(ImportError) -> String {
    let isOverlapping = graph.state.shape("stem.1.weight")?.count == 4
    guard isOverlapping else {
      let kernel = max(1, graph.state.shape("stem.0.weight")?.last ?? 4)
      let x = try graph.convolution(
        "stem.0", graph.input, outputChannels: graph.outputs(of: "stem.0.weight"), kernel: kernel, stride: kernel,
        normalization: nil)
      return try graph.layerNorm("stem.1", x, epsilon: Self.epsilon)
    }
    var x = graph.input
    for name in ["stem.0", "stem.1"] {
      x = try graph.convolution(
        name, x, outputChannels: graph.outputs(of: "\(name).weight"), kernel: 3, stride: 2, padding: .symmetric(1),
        normalization: nil)
    }
    return try graph.layerNorm("stem.2", x, epsilon: Self.epsilon)
  }

  private func downsample(
    _ name: String, _ input: String, _ graph: inout GraphBuilder
  ) throws(ImportError) -> String {
    let x = try graph.layerNorm("\(name).0", input, epsilon: Self.epsilon)
    return try graph.convolution(
      "\(name).1", x, outputChannels: graph.outputs(of: "\(name).1.weight"), kernel: 2, stride: 2, normalization: nil)
  }

  private func block(_ name: String, _ input: String, _ graph: inout GraphBuilder) throws(ImportError) -> String {
    let kernel = max(1, graph.state.shape("\(name).conv_dw.weight")?.last ?? 7)
    var x = try graph.depthwiseConvolution(
      "\(name).conv_dw", input, kernel: kernel, padding: .symmetric(kernel / 2), normalization: nil)
    x = try graph.layerNorm("\(name).norm", x, epsilon: Self.epsilon)
    x = try linear("\(name).mlp.fc1", x, &graph)
    x = try graph.activation("\(name).mlp.act", x, .gelu)
    if isSecond { x = try graph.responseNorm("\(name).mlp.grn", x) }
    x = try linear("\(name).mlp.fc2", x, &graph)
    if !isSecond { try graph.scaleOutputs(of: x, by: "\(name).gamma") }
    return try graph.add("\(name).add", x, input)
  }

  /// timm's smaller networks have convolutions of 1 x 1 there.
  private func linear(_ name: String, _ input: String, _ graph: inout GraphBuilder) throws(ImportError) -> String {
    let (inputs, outputs) = (graph.shape(input).channels, graph.outputs(of: "\(name).weight"))
    return try graph.linear(name, input, outputs: outputs, otherShape: [outputs, inputs, 1, 1])
  }

  private static func block(_ stage: Int, _ index: Int) -> String { "stages.\(stage).blocks.\(index)" }
}

extension Architecture {
  static let convNeXts = [
    convNeXt("convnext", ["atto", "femto", "pico", "nano", "tiny", "small", "base", "large", "xlarge"]),
    convNeXt(
      "convnextv2", ["atto", "femto", "pico", "nano", "tiny", "small", "base", "large", "huge"], isSecond: true),
  ]

  private static func convNeXt(_ name: String, _ sizes: [String], isSecond: Bool = false) -> Architecture {
    let network = ConvNeXt(isSecond: isSecond)
    return Architecture(
      name: name, aliases: sizes.map { "\(name)_\($0)" }, modelName: name,
      preprocessing: { network.preprocessing($0) }, recognizes: { network.recognizes($0) },
      build: { (graph: inout GraphBuilder) throws(ImportError) in try network.build(&graph) })
  }
}

/// What libraries call the tensors of ConvNeXt.
extension NamingScheme {
  static let convNeXts =
    [
      NamingScheme(library: .timm, telltale: "stages.0.blocks.0.conv_dw.weight", renames: []),
      torchvisionConvNeXt, publishedConvNeXt,
    ] + ["convnext", "convnextv2"].map(huggingFaceConvNeXt)

  private static let torchvisionConvNeXt: NamingScheme = {
    var renames = Rename.module("features.0.0", "stem.0") + Rename.module("features.0.1", "stem.1")
    renames += Rename.module("classifier.0", "head.norm") + Rename.module("classifier.2", "head.fc")
    for stage in 0..<4 {
      let (file, block) = ("features.\(2 * stage + 1).*", "stages.\(stage).blocks.*")
      renames += [("0", "conv_dw"), ("2", "norm"), ("3", "mlp.fc1"), ("5", "mlp.fc2")].flatMap {
        Rename.module("\(file).block.\($0)", "\(block).\($1)")
      }
      renames.append(Rename(["\(file).layer_scale"], "\(block).gamma"))
      if stage > 0 { renames += Rename.module("features.\(2 * stage).*", "stages.\(stage).downsample.*") }
    }
    return NamingScheme(library: .torchvision, telltale: "features.1.0.layer_scale", renames: renames)
  }()

  /// As its authors have it, whose preprocessing is timm's.
  private static let publishedConvNeXt = NamingScheme(
    library: .timm, telltale: "downsample_layers.0.0.weight",
    renames: [
      ("downsample_layers.0.*", "stem.*"), ("downsample_layers.*.*", "stages.*.downsample.*"), ("norm", "head.norm"),
      ("head", "head.fc"),
    ].flatMap { Rename.module($0, $1) }
      + blocks("stages.*.*", depthwise: "dwconv", norm: "norm", scale: "gamma", response: ("gamma", "beta")))

  private static func huggingFaceConvNeXt(_ network: String) -> NamingScheme {
    NamingScheme(
      library: .huggingFace, telltale: "\(network).embeddings.patch_embeddings.weight",
      renames: [
        ("embeddings.patch_embeddings", "stem.0"), ("embeddings.layernorm", "stem.1"),
        ("encoder.stages.*.downsampling_layer.*", "stages.*.downsample.*"), ("layernorm", "head.norm"),
      ].flatMap { Rename.module("\(network).\($0)", $1) } + Rename.module("classifier", "head.fc")
        + blocks(
          "\(network).encoder.stages.*.layers.*", depthwise: "dwconv", norm: "layernorm",
          scale: "layer_scale_parameter", response: ("weight", "bias")))
  }

  /// - Parameter response: weight and bias of the global response normalization.
  private static func blocks(
    _ file: String, depthwise: String, norm: String, scale: String, response: (weight: String, bias: String)
  ) -> [Rename] {
    let block = "stages.*.blocks.*"
    return [(depthwise, "conv_dw"), (norm, "norm"), ("pwconv1", "mlp.fc1"), ("pwconv2", "mlp.fc2")].flatMap {
      Rename.module("\(file).\($0)", "\(block).\($1)")
    } + [
      Rename(["\(file).\(scale)"], "\(block).gamma"),
      Rename(["\(file).grn.\(response.weight)"], "\(block).mlp.grn.weight"),
      Rename(["\(file).grn.\(response.bias)"], "\(block).mlp.grn.bias"),
    ]
  }
}
