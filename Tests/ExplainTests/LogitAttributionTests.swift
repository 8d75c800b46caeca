import Testing

@testable import Explain

/// The logit's direct parts against the network's own arithmetic.
@Suite(.enabled(if: Shared.isPresent, "../shared with the golden files is not here"))
struct LogitAttributionTests {
  private let session: Session
  private let input: MethodInput

  init() throws {
    let path = try ImportedModels.path("models/vit_tiny_16.safetensors", golden: "vit_tiny_16", precision: .float32)
    session = Session(model: try Model(path: path))
    input = MethodInput(try Fixtures.crop("cat", session), session.model.description.preprocessing)
  }

  /// Without the networks behind the attentions, the logits of two classes differ by their directions times the token's sum.
  @Test func directionsAreSlopesOfTheLogit() throws {
    let path = try #require(ClassTokenPath(session.model))
    let weights = path.weights()
    let attention = try AttentionBlocks(session, for: .logitAttribution).blocks[11].attention
    // What follows the last attention, with the last block's network taken out: its result is that of the sum before it.
    var description = session.model.description
    let block = "encoder.layers.encoder_layer_11"
    description.graph.nodes = description.graph.nodes.compactMap { node in
      if node.name.hasPrefix("\(block).mlp") || [".ln_2", ".add_2"].contains(where: { node.name == block + $0 }) {
        return nil
      }
      return Node(node.name, node.op, node.inputs.map { $0 == "\(block).add_2" ? "\(block).add_1" : $0 })
    }
    let model = Model(description, shapes: session.model.shapes, of: session.model)
    let tail = try ClassifierTail(session, model, behind: attention, images: 2, hasGradient: false)
    let features = try session.features(input.values, nodes: tail.inputs)
    let (a, b) = (path.directions(of: 281, weights)[11], path.directions(of: 207, weights)[11])
    var (found, expected) = ([Float](), [Float]())
    for channel in stride(from: 0, to: 192, by: 5) {
      let step: Float = 0.01
      let moved = tail.logits({ features[$0]! }) { image, values in values[channel] += image == 0 ? step : -step }
      func slope(_ label: Int) -> Float { (moved[label] - moved[1000 + label]) / (2 * step) }
      found.append(slope(281) - slope(207))
      expected.append(a[channel] - b[channel])
    }
    // One factor for all channels, but for what the deviation of the token changes.
    #expect(cosine(found, expected) > 0.9, "\(cosine(found, expected))")
  }

  @Test func onePassExplainsEveryClass() throws {
    let method = try MethodName.logitAttribution.makeMethod(session, MethodOptions())
    let result = try method.explain(input) { _ in [281, 967] }
    #expect(result.passes == PassCount(forward: 1))
    #expect(result.maps.allSatisfy { $0.width == 14 && $0.height == 14 && $0.values.allSatisfy(\.isFinite) })
    #expect(correlation(result.maps[0].values, result.maps[1].values) < 0.9)
    #expect(try method.explain(input) { _ in [967] }.maps[0] == result.maps[1])
  }

  /// A network without a head is explained by what needs none.
  @Test func itIsTheUsualMethodOfTransformers() throws {
    var description = session.model.description
    description.head = nil
    let model = Model(description, shapes: session.model.shapes, of: session.model)
    #expect(MethodName.usual(model) == .logitAttribution && MethodName.usual(session.model) == .ttame)
    #expect(MethodName.usual(try Model(path: Fixtures.bundledModel)) == .ttame)
    let network = RandomNetwork(layers: ["c": (outputs: 4, inputs: 3, kernel: 1)]) { graph in
      try graph.convolution("c", graph.input, outputChannels: 4, kernel: 1, normalization: nil)
    }
    #expect(MethodName.usual(try network.model(.float32, channels: 4)) == .ttame)
  }
}
