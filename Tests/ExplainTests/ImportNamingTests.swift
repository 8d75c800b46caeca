@testable import Explain
import Foundation
import Testing

/// One network under the names of several libraries.
@Suite(.disabled(if: Emulation.isRepeated, Emulation.ranBefore)) struct ImportNamingTests {
  private static let resNet = NamedWeights(.resNet18(classes: 3), seed: 7)
  private static let vgg = NamedWeights(.vgg([1, 1, 2, 2, 2], classes: 3, hidden: 16), seed: 8)
  private static let transformer = NamedWeights(
    .visionTransformer(width: 192, blocks: 12, patch: 16, side: 2, classes: 3), seed: 9)

  private static let huggingFaceTransformer = transformer.split(
    #"encoder\.layers\.encoder_layer_(\d+)\.self_attention\.in_proj_(\w+)"#,
    into: ["query", "key", "value"].map { "vit.encoder.layer.$1.attention.attention.\($0).$2" }
  ).renamed([
    "^class_token": "vit.embeddings.cls_token", #"^encoder\.pos_embedding"#: "vit.embeddings.position_embeddings",
    "^conv_proj": "vit.embeddings.patch_embeddings.projection", #"^encoder\.ln"#: "vit.layernorm",
    #"^encoder\.layers\.encoder_layer_(\d+)\.ln_1"#: "vit.encoder.layer.$1.layernorm_before",
    #"^encoder\.layers\.encoder_layer_(\d+)\.ln_2"#: "vit.encoder.layer.$1.layernorm_after",
    #"^encoder\.layers\.encoder_layer_(\d+)\.self_attention\.out_proj"#:
      "vit.encoder.layer.$1.attention.output.dense",
    #"^encoder\.layers\.encoder_layer_(\d+)\.mlp\.0"#: "vit.encoder.layer.$1.intermediate.dense",
    #"^encoder\.layers\.encoder_layer_(\d+)\.mlp\.3"#: "vit.encoder.layer.$1.output.dense",
    #"^heads\.head"#: "classifier",
  ])

  private static let timmTransformer = transformer.renamed([
    "^class_token": "cls_token", #"^encoder\.pos_embedding"#: "pos_embed", "^conv_proj": "patch_embed.proj",
    #"^encoder\.ln"#: "norm", #"^heads\.head"#: "head",
    #"^encoder\.layers\.encoder_layer_(\d+)\.ln_1"#: "blocks.$1.norm1",
    #"^encoder\.layers\.encoder_layer_(\d+)\.ln_2"#: "blocks.$1.norm2",
    #"^encoder\.layers\.encoder_layer_(\d+)\.self_attention\.in_proj_"#: "blocks.$1.attn.qkv.",
    #"^encoder\.layers\.encoder_layer_(\d+)\.self_attention\.out_proj"#: "blocks.$1.attn.proj",
    #"^encoder\.layers\.encoder_layer_(\d+)\.mlp\.0"#: "blocks.$1.mlp.fc1",
    #"^encoder\.layers\.encoder_layer_(\d+)\.mlp\.3"#: "blocks.$1.mlp.fc2",
  ])

  private static let timmVGG: NamedWeights = {
    var named = vgg.renamed([
      #"^classifier\.0"#: "pre_logits.fc1", #"^classifier\.3"#: "pre_logits.fc2", #"^classifier\.6"#: "head.fc",
    ])
    named.weights.shapes["pre_logits.fc1.weight"] = [16, 512, 7, 7]
    named.weights.shapes["pre_logits.fc2.weight"] = [16, 16, 1, 1]
    return named
  }()

  private static let huggingFaceResNet: NamedWeights = {
    var named = resNet.renamed([
      #"^conv1\."#: "resnet.embedder.embedder.convolution.", #"^bn1\."#: "resnet.embedder.embedder.normalization.",
      #"downsample\.0"#: "shortcut.convolution", #"downsample\.1"#: "shortcut.normalization",
      #"conv1\."#: "layer.0.convolution.", #"conv2\."#: "layer.1.convolution.", #"bn1\."#: "layer.0.normalization.",
      #"bn2\."#: "layer.1.normalization.", #"^fc"#: "classifier.1",
    ])
    for stage in 1...4 {
      named = named.renamed([#"^layer\#(stage)\."#: "resnet.encoder.stages.\(stage - 1).layers."])
    }
    return named
  }()

  private static let cases: [(String, NamedWeights, NamedWeights, Interpolation)] = [
    ("timm ViT", transformer, timmTransformer, .bicubic), ("timm VGG", vgg, timmVGG, .bilinear),
    ("Hugging Face ViT", transformer, huggingFaceTransformer, .bilinear),
    ("Hugging Face ResNet", resNet, huggingFaceResNet, .bicubic),
    (
      "old torchvision", transformer, transformer.renamed([#"mlp\.0"#: "mlp.linear_1", #"mlp\.3"#: "mlp.linear_2"]),
      .bicubic
    ),
    ("wrapped", resNet, resNet.renamed(["^": "module.model."]), .bilinear),
    ("wrapped Hugging Face", transformer, huggingFaceTransformer.renamed(["^": "backbone."]), .bilinear),
  ]

  private func imported(_ path: String, _ folder: TemporaryFolder, as name: String) throws -> Model {
    var options = ImportOptions()
    options.precision = .float32
    _ = try importModel(from: path, to: folder.file(name), options: options)
    return try Model(path: folder.file(name))
  }

  private func expectEqualTensors(_ first: Model, _ second: Model) {
    #expect(first.entries.map(\.name) == second.entries.map(\.name))
    #expect(first.entries.map(\.shape) == second.entries.map(\.shape))
    for entry in first.entries {
      let (a, b) = (first.floats(entry.name), second.floats(entry.name))
      if memcmp(a, b, entry.byteRange.count) != 0 { Issue.record("\(entry.name) differs") }
    }
  }

  @Test(arguments: cases.indices)
  func readsOneNetworkUnderAllNames(_ index: Int) throws {
    let (_, original, other, interpolation) = Self.cases[index]
    let folder = try TemporaryFolder()
    try original.write(folder.file("w"))
    try other.write(folder.file("o"))
    #expect(original.values.keys.sorted() != other.values.keys.sorted())
    let model = try imported(folder.file("w"), folder, as: "m")
    let renamed = try imported(folder.file("o"), folder, as: "n")
    expectEqualTensors(model, renamed)
    #expect(model.description.architecture == renamed.description.architecture)
    #expect(renamed.description.preprocessing.interpolation == interpolation)
  }

  @Test func takesTheEpsilonOfTheLibrary() throws {
    let folder = try TemporaryFolder()
    for (weights, epsilon) in [
      (Self.transformer, 1e-6), (Self.timmTransformer, 1e-6), (Self.huggingFaceTransformer, 1e-12),
    ] as [(NamedWeights, Float)] {
      try weights.write(folder.file("w"))
      let model = try imported(folder.file("w"), folder, as: "m")
      let norms = model.description.graph.nodes.compactMap { ($0.op as? LayerNorm)?.epsilon }
      #expect(norms == [Float](repeating: epsilon, count: 25))
    }
  }

  @Test func namesMissingTensorsAsTheFileDoes() throws {
    let folder = try TemporaryFolder()
    var weights = Self.huggingFaceTransformer
    let missing = [
      "vit.encoder.layer.3.attention.attention.key.weight", "vit.encoder.layer.3.layernorm_after.bias",
      "classifier.bias",
    ]
    for name in missing { weights.values[name] = nil }
    try weights.write(folder.file("w"))
    #expect(throws: ImportError.missingTensors(missing)) { try imported(folder.file("w"), folder, as: "m") }
  }

  @Test func namesTensorsTooManyAsTheFileDoes() throws {
    let folder = try TemporaryFolder()
    var weights = Self.timmTransformer
    // The first is torchvision's name of what timm calls cls_token.
    for name in ["class_token", "fc_norm.weight"] {
      weights.values[name] = [0]
      weights.weights.shapes[name] = [1]
    }
    try weights.write(folder.file("w"))
    #expect(throws: ImportError.unexpectedTensors(["fc_norm.weight", "class_token"])) {
      try imported(folder.file("w"), folder, as: "m")
    }
  }

  @Test func namesWrongShapesAsTheFileDoes() throws {
    let folder = try TemporaryFolder()
    var weights = Self.huggingFaceTransformer
    let names = ["query", "key", "value"].map { "vit.encoder.layer.3.attention.attention.\($0).bias" }
    weights.values[names[1]] = [0]
    weights.weights.shapes[names[1]] = [1]
    try weights.write(folder.file("w"))
    let tensor = names.joined(separator: ", ")
    #expect(throws: ImportError.wrongShape(tensor: tensor, expected: [576], found: [385])) {
      try imported(folder.file("w"), folder, as: "m")
    }
  }

  @Test func readsShards() throws {
    let folder = try TemporaryFolder()
    try Self.resNet.write(folder.file("w"))
    try Self.resNet.writeShards(folder.file("model.safetensors.index.json"), count: 3)
    _ = try importModel(from: folder.file("w"), to: folder.file("a"))
    _ = try importModel(from: folder.file("model.safetensors.index.json"), to: folder.file("b"))
    #expect(try folder.contents("a") == folder.contents("b"))
    for input in ["model-1.safetensors", "model.safetensors.index.json"] {
      #expect(throws: ImportError.output(path: folder.file(input), .overwritesInput)) {
        try importModel(from: folder.file("model.safetensors.index.json"), to: folder.file(input))
      }
    }
  }

  @Test func refusesBadIndices() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("i.json")
    func refuse(_ json: String, _ error: ImportError) throws {
      _ = try folder.write("i.json", Array(json.utf8))
      #expect(throws: error) { try importModel(from: path, to: folder.file("m")) }
    }
    #expect(throws: ImportError.weights(.file(.notFound))) { try importModel(from: path, to: folder.file("m")) }
    let message = "no JSON object with a weight_map from tensors to files"
    try refuse("[]", .badShardIndex(message))
    try refuse(#"{"weight_map": {"a": 1}}"#, .badShardIndex(message))
    try refuse(#"{"weight_map": {"a": "../w"}}"#, .badShardIndex("../w is no plain file name"))
    try refuse(#"{"weight_map": {"a": "/etc/w"}}"#, .badShardIndex("/etc/w is no plain file name"))
    try refuse(#"{"weight_map": {"a": "s"}}"#, .shard(path: folder.file("s"), .file(.notFound)))
    try SyntheticWeights(shapes: ["b": [1]]).writeZeros(folder.file("s"))
    try refuse(#"{"weight_map": {"a": "s"}}"#, .missingInShard(tensor: "a", shard: folder.file("s")))
  }
}
