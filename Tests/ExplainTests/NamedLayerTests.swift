import Testing

@testable import Explain

/// Feature layers that the user names, and the names that there are.
@Suite struct NamedLayerTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    _ = try SyntheticWeights.resNet18(classes: 4).writeRandom(folder.file("resnet"), seed: 5)
  }

  private func imported(_ layers: [String]?, head: HeadSource = .automatic, from weights: String? = nil) throws -> Model
  {
    var options = ImportOptions()
    (options.layers, options.head) = (layers, head)
    if weights == nil { (options.crop, options.resize) = (64, 64) }
    _ = try importModel(from: weights ?? folder.file("resnet"), to: folder.file("m"), options: options)
    return try Model(path: folder.file("m"))
  }

  @Test func candidatesTellWhatCanBeNamed() throws {
    let found = try imported(nil).featureCandidates
    #expect(
      found.first == FeatureCandidate(name: "conv1", shape: Shape(32, 32, 64), isBottleneck: true, featureLayer: nil))
    func candidate(_ name: String) throws -> FeatureCandidate { try #require(found.first { $0.name == name }) }
    #expect(try candidate("layer1.0.relu").isBottleneck)
    // The shortcut bypasses it.
    #expect(try !candidate("layer1.0.conv1").isBottleneck)
    let marked = found.filter { $0.featureLayer != nil }
    #expect(marked.map(\.featureLayer) == [1, 2, 3] && marked.map(\.name.last) == ["u", "u", "u"])
    #expect(marked.map(\.shape) == [Shape(8, 8, 128), Shape(4, 4, 256), Shape(2, 2, 512)])
    #expect(!found.contains { $0.name == "fc" || $0.name == "avgpool" })
  }

  @Test func namedLayersComeInTheGraphsOrder() throws {
    let model = try imported(["layer2.1.relu", "layer1.0.conv1", "relu", "layer1.1.relu"])
    let layers = model.description.featureLayers
    #expect(layers.map(\.name) == ["relu", "layer1.0.conv1", "layer1.1.relu", "layer2.1.relu"])
    #expect(layers.map(\.node) == layers.map(\.name))
    // The last is not what the classifier pools.
    #expect(model.description.head == nil)
    #expect(model.featureCandidates.compactMap(\.featureLayer) == [1, 2, 3, 4])
  }

  @Test func oneLayerIsEnough() throws {
    let model = try imported(["layer4.1.relu"], head: .cam)
    let input: [Float] = (0..<64 * 64 * 3).map { Float($0 % 17) / 8 - 1 }
    let map = try #require(try Session(model: model, threads: 1).explain(input) { _ in [2] }.maps.first)
    #expect(model.description.head?.branches.count == 1 && map.values.allSatisfy(\.isFinite))
    // CAM's maps are those of the last layer, whatever other layers there are.
    let usual = try imported(nil, head: .cam)
    let other = try #require(try Session(model: usual, threads: 1).explain(input) { _ in [2] }.maps.first)
    #expect(model.description.featureLayers[0].node == usual.description.featureLayers.last?.node)
    #expect(map.width <= other.width)
  }

  @Test func wrongNamesAreRefused() throws {
    for (names, error) in [
      (["layer3.1.rleu"], ImportError.unknownLayer("layer3.1.rleu", near: "layer3.1.relu")),
      (["layer1.0.relu", "zzz"], .unknownLayer("zzz", near: nil)),
      (["layer1.0.relu", "layer1.0.relu"], .repeatedLayer("layer1.0.relu")),
      (["avgpool"], .flatLayer("avgpool", Shape(1, 1, 512))), (["input"], .unknownLayer("input", near: nil)),
    ] {
      #expect(throws: error, "\(names)") { try imported(names) }
    }
    #expect(folder.names == ["resnet"])
  }

  /// By the names of the file: of tensors and of nodes; and by ours.
  @Test func tensorsOfONNXHaveTheirNames() throws {
    let path = ONNXNetwork.path("residual")
    let node = try #require(try ONNXModel(path: path).graph.nodes.first { $0.opType == "MaxPool" })
    let ours = try imported([node.outputs[0]], from: path).description.featureLayers
    #expect(ours.count == 1 && ours[0].node != node.outputs[0])
    #expect(try imported([node.name], from: path).description.featureLayers == ours)
    #expect(try imported([ours[0].node], from: path).description.featureLayers == ours)
    #expect(throws: ImportError.repeatedLayer(node.name)) { try imported([node.outputs[0], node.name], from: path) }
  }

  @Test func tokensBecomeImages() throws {
    _ = try SyntheticWeights.visionTransformer(width: 192, blocks: 12, patch: 16, side: 4, classes: 3)
      .writeRandom(folder.file("vit"), seed: 6)
    let usual = try imported(nil, from: folder.file("vit"))
    let block = "encoder.layers.encoder_layer_"
    let found = usual.featureCandidates.filter { $0.featureLayer != nil }
    #expect(found.map(\.name) == (9...11).map { "\(block)\($0).ln_1" })
    #expect(found.allSatisfy { $0.shape == Shape(4, 4, 192) })
    let model = try imported(["\(block)11.ln_1", "\(block)3.add_2"], from: folder.file("vit"))
    #expect(model.description.featureLayers.map(\.name) == ["\(block)3.add_2", "\(block)11.ln_1"])
    #expect(model.description.featureLayers.map { model.shapes[$0.node] } == [Shape(4, 4, 192), Shape(4, 4, 192)])
    // Images of the architecture's own layers are gone.
    #expect(model.description.graph.nodes.count == usual.description.graph.nodes.count - 1)
    #expect(model.featureCandidates.compactMap(\.featureLayer) == [1, 2])
    #expect(throws: ImportError.flatLayer("\(block)11.add_2", Shape(1, 1, 192))) {
      try imported(["\(block)11.add_2"], from: folder.file("vit"))
    }
  }
}
