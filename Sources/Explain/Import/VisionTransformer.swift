/// Vision Transformer in torchvision's names.
///
/// A. Dosovitskiy et al., "An Image is Worth 16x16 Words", ICLR 2021.
private struct VisionTransformer {
  /// Channels of a token.
  var width: Int
  var blocks: Int
  /// Side of a patch in pixels.
  var patch: Int

  /// Channels of an attention head, in all published sizes.
  private static let headWidth = 64
  /// Blocks, counted from the end, whose normalised input the head reads.
  private static let featureBlocks = 3

  func recognizes(_ state: StateDict) -> Bool {
    state.shape("conv_proj.weight").map { $0.count == 4 && $0[0] == width && $0[2] == patch && $0[3] == patch } == true
      && state.contains("\(Self.block(blocks - 1)).ln_1.weight")
      && !state.contains("\(Self.block(blocks)).ln_1.weight")
  }

  /// Side of the images that the position embeddings are for; nil if they are for no square.
  func imageSide(_ state: StateDict) -> Int? {
    guard let shape = state.shape("encoder.pos_embedding"), shape.count == 3, shape[1] > 1 else { return nil }
    let side = Int(Double(shape[1] - 1).squareRoot())
    return side * side == shape[1] - 1 ? side * patch : nil
  }

  func preprocessing(_ state: StateDict) -> Preprocessing {
    let side = imageSide(state) ?? 224
    let half = [Float](repeating: 0.5, count: 3)
    switch state.scheme.library {
    case .torchvision:
      guard side != 224 else { return .torchvision }
      return Preprocessing(
        resize: side, crop: PixelSize(side: side), interpolation: .bicubic, mean: Preprocessing.torchvision.mean,
        std: Preprocessing.torchvision.std)
    case .timm, .efficientNetPyTorch:
      // 248 for 224; larger inputs are not cropped.
      let resize = side > 224 ? side : side * 10 / 9
      return Preprocessing(
        resize: resize, crop: PixelSize(side: side), interpolation: .bicubic, mean: half, std: half)
    case .huggingFace:
      return Preprocessing(
        resize: side, crop: PixelSize(side: side), interpolation: .bilinear, mean: half, std: half)
    }
  }

  func build(_ graph: inout GraphBuilder) throws(ImportError) -> String {
    let size = PixelSize(width: graph.inputShape.width, height: graph.inputShape.height)
    let side = imageSide(graph.state)
    guard size.width % patch == 0, size.height % patch == 0, side.map({ PixelSize(side: $0) == size }) ?? true else {
      let reason = side.map { "the position embeddings are for \($0)" } ?? "patches are \(patch)x\(patch)"
      throw .unsupportedCrop(size, reason: reason)
    }
    var x = try graph.convolution(
      "conv_proj", graph.input, outputChannels: width, kernel: patch, stride: patch, normalization: nil)
    x = try graph.tokens(
      "encoder.tokens", x, classToken: "class_token", positions: "encoder.pos_embedding")
    for index in 0..<blocks { x = try block(index, x, &graph) }
    x = try graph.layerNorm("encoder.ln", x)
    return try graph.linear("heads.head", x, outputs: graph.outputs(of: "heads.head.weight"))
  }

  /// `x + attention(ln_1(x))`, then `x + mlp(ln_2(x))`.
  ///
  /// Of the last block only the class token is read, so the rest of the network computes that alone.
  private func block(_ index: Int, _ input: String, _ graph: inout GraphBuilder) throws(ImportError) -> String {
    let name = Self.block(index)
    let attentionName = "\(name).self_attention"
    var skip = input
    var x = try graph.layerNorm("\(name).ln_1", input)
    if index >= blocks - Self.featureBlocks {
      let image = try graph.imageTokens(
        "\(name).ln_1.image", x, height: graph.inputShape.height / patch, width: graph.inputShape.width / patch)
      graph.feature("\(name).ln_1", node: image)
    }
    x = try graph.linear(
      "\(attentionName).in_proj", x, outputs: 3 * width, weight: "\(attentionName).in_proj_weight",
      bias: "\(attentionName).in_proj_bias")
    x = try graph.attention(attentionName, x, heads: width / Self.headWidth)
    if index == blocks - 1 {
      skip = try graph.firstToken("\(name).class_token", skip)
      x = try graph.firstToken("\(attentionName).class_token", x)
    }
    x = try graph.linear("\(attentionName).out_proj", x, outputs: width)
    skip = try graph.add("\(name).add_1", x, skip)
    x = try graph.layerNorm("\(name).ln_2", skip)
    x = try graph.linear("\(name).mlp.0", x, outputs: graph.outputs(of: "\(name).mlp.0.weight"))
    x = try graph.activation("\(name).mlp.1", x, .gelu)
    x = try graph.linear("\(name).mlp.3", x, outputs: width)
    return try graph.add("\(name).add_2", x, skip)
  }

  private static func block(_ index: Int) -> String { "encoder.layers.encoder_layer_\(index)" }
}

extension Architecture {
  static let visionTransformers = [
    (name: "tiny", width: 192, blocks: 12), (name: "small", width: 384, blocks: 12),
    (name: "b", width: 768, blocks: 12), (name: "l", width: 1024, blocks: 24),
  ].flatMap { size in
    [16, 32].map { patch in
      let network = VisionTransformer(width: size.width, blocks: size.blocks, patch: patch)
      return Architecture(
        name: "vit_\(size.name)_\(patch)", modelName: "vit-\(size.name)-\(patch)",
        preprocessing: { network.preprocessing($0) }, recognizes: { network.recognizes($0) },
        build: { (graph: inout GraphBuilder) throws(ImportError) in try network.build(&graph) })
    }
  }
}
