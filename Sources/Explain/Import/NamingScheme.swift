/// How a library calls the tensors of the networks that torchvision defines; architectures are built in torchvision's
/// names.
struct NamingScheme: Sendable {
  enum Library: Sendable {
    case torchvision, timm, huggingFace
    /// The package `efficientnet_pytorch`, and those that copy it.
    case efficientNetPyTorch
  }

  var library: Library
  /// A tensor that only this scheme has.
  var telltale: String
  var renames: [Rename]
  /// Whether `renames` are other names beside torchvision's own, not in their place.
  var renamesAreOptional = false

  /// What the library's LayerNorm adds to the variance.
  var layerNormEpsilon: Float { library == .huggingFace ? 1e-12 : 1e-6 }

  /// The scheme of a file with these tensors.
  static func find(_ isPresent: (String) -> Bool) -> NamingScheme {
    all.first { isPresent($0.telltale) } ?? torchvision
  }

  /// The tensor that a tensor of the file belongs to, which part of it that is, and the names of all parts.
  func place(of fileName: String) -> (name: String, part: Int, names: [String]) {
    for rename in renames {
      if let (name, part, names) = rename.place(of: fileName) { return (name, part, names) }
    }
    return (fileName, 0, fileNames(fileName))
  }

  /// What the file calls, or would call, a tensor of the architecture.
  func fileNames(_ name: String) -> [String] {
    guard !renamesAreOptional else { return [name] }
    return renames.lazy.compactMap { $0.fileNames(name) }.first ?? [name]
  }

  private static let all =
    [timmVisionTransformer, timmVGG, huggingFaceVisionTransformer, huggingFaceResNet] + invertedResidualNetworks
    + convNeXts

  /// Names as they are.
  static let none = NamingScheme(library: .torchvision, telltale: "", renames: [])

  private static let torchvision = NamingScheme(
    library: .torchvision, telltale: "",
    // Files from before torchvision 0.13, and DenseNet's from before PyTorch 0.4.
    renames: Rename.module(block("mlp.linear_1"), block("mlp.0"))
      + Rename.module(block("mlp.linear_2"), block("mlp.3")) + olderDenseLayers,
    renamesAreOptional: true)

  private static let timmVisionTransformer = NamingScheme(
    library: .timm, telltale: "patch_embed.proj.weight",
    renames: [
      Rename(["cls_token"], "class_token"), Rename(["pos_embed"], "encoder.pos_embedding"),
      Rename(["blocks.*.attn.qkv.weight"], block("self_attention.in_proj_weight")),
      Rename(["blocks.*.attn.qkv.bias"], block("self_attention.in_proj_bias")),
    ]
      + [
        ("patch_embed.proj", "conv_proj"), ("blocks.*.norm1", block("ln_1")),
        ("blocks.*.attn.proj", block("self_attention.out_proj")), ("blocks.*.norm2", block("ln_2")),
        ("blocks.*.mlp.fc1", block("mlp.0")), ("blocks.*.mlp.fc2", block("mlp.3")), ("norm", "encoder.ln"),
        ("head", "heads.head"),
      ].flatMap { Rename.module($0, $1) })

  /// The classifier's first two layers are convolutions there.
  private static let timmVGG = NamingScheme(
    library: .timm, telltale: "pre_logits.fc1.weight",
    renames: [
      ("pre_logits.fc1", "classifier.0"), ("pre_logits.fc2", "classifier.3"), ("head.fc", "classifier.6"),
    ].flatMap { Rename.module($0, $1) })

  private static let huggingFaceVisionTransformer = NamingScheme(
    library: .huggingFace, telltale: "vit.embeddings.cls_token",
    renames: [
      Rename(["vit.embeddings.cls_token"], "class_token"),
      Rename(["vit.embeddings.position_embeddings"], "encoder.pos_embedding"),
      stackedAttention("weight"), stackedAttention("bias"),
    ]
      + [
        ("vit.embeddings.patch_embeddings.projection", "conv_proj"), ("vit.layernorm", "encoder.ln"),
        ("vit.encoder.layer.*.layernorm_before", block("ln_1")),
        ("vit.encoder.layer.*.attention.output.dense", block("self_attention.out_proj")),
        ("vit.encoder.layer.*.layernorm_after", block("ln_2")),
        ("vit.encoder.layer.*.intermediate.dense", block("mlp.0")),
        ("vit.encoder.layer.*.output.dense", block("mlp.3")), ("classifier", "heads.head"),
      ].flatMap { Rename.module($0, $1) })

  /// torchvision stacks what is apart there: queries, keys and values.
  private static func stackedAttention(_ tensor: String) -> Rename {
    Rename(
      ["query", "key", "value"].map { "vit.encoder.layer.*.attention.attention.\($0).\(tensor)" },
      block("self_attention.in_proj_\(tensor)"))
  }

  private static func block(_ tensor: String) -> String { "encoder.layers.encoder_layer_*.\(tensor)" }

  private static let huggingFaceResNet = NamingScheme(
    library: .huggingFace, telltale: "resnet.embedder.embedder.convolution.weight",
    renames: convolution("resnet.embedder.embedder", "conv1", "bn1")
      + (0..<4).flatMap { stage in
        // Stages and a block's convolutions count from 0 there, from 1 here.
        let (file, here) = ("resnet.encoder.stages.\(stage).layers.*", "layer\(stage + 1).*")
        return convolution("\(file).shortcut", "\(here).downsample.0", "\(here).downsample.1")
          + (0..<3).flatMap { convolution("\(file).layer.\($0)", "\(here).conv\($0 + 1)", "\(here).bn\($0 + 1)") }
      } + Rename.module("classifier.1", "fc"))

  private static func convolution(_ file: String, _ convolution: String, _ norm: String) -> [Rename] {
    Rename.module("\(file).convolution", convolution, tensors: ["weight"])
      + Rename.module(
        "\(file).normalization", norm,
        tensors: ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"])
  }
}

extension NamingScheme {
  /// The head's own names.
  static let head = NamingScheme(library: .torchvision, telltale: "", renames: [])

  /// The attention mechanism in the reference implementation of T-TAME.
  static let attentionMechanism = NamingScheme(
    library: .torchvision, telltale: "",
    renames: Rename.module("convs.*", "branch.*.conv")
      + Rename.module(
        "bns.*", "branch.*.bn", tensors: ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"])
      + Rename.module("fuser", "fuse"))
}
