@testable import Explain
import Foundation
import Testing

/// VGG and Vision Transformers of every size, made up.
@Suite(.disabled(if: Emulation.isRepeated, Emulation.ranBefore)) struct ImportFamilyTests {
  private func options(_ change: (inout ImportOptions) -> Void) -> ImportOptions {
    var options = ImportOptions()
    change(&options)
    return options
  }

  private func imported(
    _ weights: SyntheticWeights, _ options: ImportOptions = ImportOptions()
  ) throws -> Model {
    let folder = try TemporaryFolder()
    try weights.writeZeros(folder.file("w"))
    _ = try importModel(from: folder.file("w"), to: folder.file("m"), options: options)
    return try Model(path: folder.file("m"))
  }

  private static let vggs = [
    (11, [1, 1, 2, 2, 2], [10, 15, 20], [14, 21, 28]), (13, [2, 2, 2, 2, 2], [14, 19, 24], [20, 27, 34]),
    (16, [2, 2, 3, 3, 3], [16, 23, 30], [23, 33, 43]), (19, [2, 2, 4, 4, 4], [18, 27, 36], [26, 39, 52]),
  ]

  @Test(arguments: vggs, [false, true])
  func importsVGG(_ vgg: (depth: Int, stages: [Int], pools: [Int], normalizedPools: [Int]), _ isNormalized: Bool) throws
  {
    let model = try imported(.vgg(vgg.stages, isNormalized: isNormalized, classes: 5, hidden: 24))
    let description = model.description
    #expect(description.architecture == "vgg\(vgg.depth)\(isNormalized ? "_bn" : "")")
    #expect(description.classes == 5 && description.head == nil)
    let pools = isNormalized ? vgg.normalizedPools : vgg.pools
    #expect(description.featureLayers.map(\.name) == pools.map { "features.\($0)" })
    #expect(
      description.featureLayers.map { model.shapes[$0.node] } == [
        Shape(28, 28, 256), Shape(14, 14, 512), Shape(7, 7, 512),
      ])
    #expect(model.shapes["classifier.0"] == Shape(1, 1, 24) && model.shapes["classifier.3"] == Shape(1, 1, 24))
    #expect(description.preprocessing.resize == 256 && description.preprocessing.crop == 224)
  }

  @Test func importsPooledVGG() throws {
    let model = try imported(.vgg([2, 2, 3, 3, 3], classes: 5, hidden: nil), options { $0.crop = 200 })
    let head = try #require(model.description.head)
    #expect(head.kind == .cam && head.branches.map(\.node) == ["features.16", "features.23", "features.30"])
    #expect(head.branches[2].fuse?.weight == "classifier.weight" && head.bias == "classifier.bias")
    #expect(model.shapes["features.30"] == Shape(6, 6, 512))
  }

  @Test func refusesCropsThatTheClassifierCannotRead() throws {
    let full = SyntheticWeights.vgg([1, 1, 2, 2, 2], classes: 5, hidden: 24)
    #expect(throws: ImportError.self) { try imported(full, options { ($0.resize, $0.crop) = (448, 448) }) }
    let reason = "the classifier reads 7x7 features, as a crop of 224 yields"
    #expect(throws: ImportError.unsupportedCrop(192, reason: reason)) { try imported(full, options { $0.crop = 192 }) }
    let transformer = SyntheticWeights.visionTransformer(width: 192, blocks: 12, patch: 16, side: 4, classes: 3)
    #expect(throws: ImportError.unsupportedCrop(48, reason: "the position embeddings are for 64")) {
      try imported(transformer, options { $0.crop = 48 })
    }
  }

  /// PyTorch flattens `[512, 7, 7]`; the graph convolves 7 x 7 pixels.
  @Test func readsTheFirstLinearLayerAsAConvolution() throws {
    let folder = try TemporaryFolder()
    let named = NamedWeights(.vgg([1, 1, 2, 2, 2], classes: 3, hidden: 18), seed: 3)
    try named.write(folder.file("w"))
    let float = options { $0.precision = .float32 }
    _ = try importModel(from: folder.file("w"), to: folder.file("m"), options: float)
    let model = try Model(path: folder.file("m"))
    let weights = try #require(named.values["classifier.0.weight"])
    let rows = model.packedRows(weight: "classifier.0.weight", scale: nil)
    for n in [0, 7, 17] {
      for tap in 0..<49 {
        for channel in 0..<512 where rows[n][tap * 512 + channel] != weights[n * 25088 + channel * 49 + tap] {
          Issue.record("row \(n), tap \(tap), channel \(channel)")
        }
      }
    }
    #expect(model.shapes["classifier.0"] == Shape(1, 1, 18))
  }

  private static let transformers = [
    ("tiny", 192, 12), ("small", 384, 12), ("b", 768, 12), ("l", 1024, 24),
  ]

  @Test(arguments: transformers, [16, 32])
  func importsVisionTransformers(_ size: (name: String, width: Int, blocks: Int), _ patch: Int) throws {
    let side = 3
    let model = try imported(
      .visionTransformer(
        width: size.width, blocks: size.blocks, patch: patch, side: side, classes: 7, mlp: 80))
    let description = model.description
    #expect(description.architecture == "vit_\(size.name)_\(patch)")
    #expect(description.head == nil && description.classes == 7)
    #expect(description.preprocessing.crop == PixelSize(side: side * patch))
    let blocks = (size.blocks - 3..<size.blocks).map { "encoder.layers.encoder_layer_\($0)" }
    #expect(description.featureLayers.map(\.name) == blocks.map { "\($0).ln_1" })
    for layer in description.featureLayers { #expect(model.shapes[layer.node] == Shape(side, side, size.width)) }
    #expect(model.shapes["\(blocks[0]).self_attention"] == Shape(1, 1 + side * side, size.width))
    #expect(model.shapes["\(blocks[0]).mlp.1"] == Shape(1, 1 + side * side, 80))
    // Only the class token goes on from the last block.
    #expect(model.shapes["\(blocks[2]).mlp.1"] == Shape(1, 1, 80))
    let attention = description.graph.nodes.first { $0.name == "\(blocks[0]).self_attention" }
    #expect(attention?.op as? Attention == Attention(heads: size.width / 64))
  }

  @Test func keepsTransformersEmbeddings() throws {
    let folder = try TemporaryFolder()
    let named = NamedWeights(.visionTransformer(width: 192, blocks: 12, patch: 16, side: 2, classes: 3), seed: 4)
    try named.write(folder.file("w"))
    let summary = try importModel(from: folder.file("w"), to: folder.file("m"))
    #expect(summary.layers == 50 && summary.parameters == named.values.values.reduce(0) { $0 + $1.count })
    let model = try Model(path: folder.file("m"))
    for (name, count) in [
      ("class_token", 192), ("encoder.pos_embedding", 5 * 192), ("encoder.layers.encoder_layer_4.ln_2.weight", 192),
      ("encoder.ln.bias", 192),
    ] {
      #expect(Array(UnsafeBufferPointer(start: model.floats(name), count: count)) == named.values[name])
    }
    #expect(model.entry("encoder.pos_embedding")?.shape == [5, 192])
    let cam = options { $0.head = .cam }
    #expect(throws: ImportError.noClassActivationMapping(architecture: "vit_tiny_16")) {
      try importModel(from: folder.file("w"), to: folder.file("m"), options: cam)
    }
  }

  @Test func refusesEmbeddingsThatAreNotFinite() throws {
    let folder = try TemporaryFolder()
    var named = NamedWeights(.visionTransformer(width: 192, blocks: 12, patch: 16, side: 2, classes: 3), seed: 4)
    named.values["class_token"]?[5] = .nan
    try named.write(folder.file("w"))
    #expect(throws: ImportError.notFinite(tensor: "class_token")) {
      try importModel(from: folder.file("w"), to: folder.file("m"))
    }
    #expect(folder.names == ["w"])
  }
}
