import Kernels
import Testing

@testable import Explain

/// Vision Transformers that PyTorch exports: what becomes of their attention, and how they are explained.
@Suite struct ONNXTransformerTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static let all = ONNXNetwork.all.filter(\.hasAttention)

  /// Nothing that attention is written with is left.
  @Test(arguments: all) func attentionIsOneOperator(_ network: ONNXNetwork) throws {
    let nodes = try network.imported(.int8, to: folder.file("m")).description.graph.nodes
    #expect(nodes.count { $0.op is Attention } == 3)
    #expect(nodes.count { $0.op is LayerNorm } == (network.name == "clip" ? 8 : 7))
    #expect(nodes.count { $0.op is Activation } == 3)
    // The mean of two classifiers' logits, and a token beside a mean.
    let isDistilled = network.name.hasPrefix("distilled")
    #expect(nodes.count { $0.op is DepthwiseConvolution } == (isDistilled ? 1 : 0))
    #expect(nodes.count { $0.op is Concat } == (network.name.hasPrefix("class_and_mean") ? 1 : 0))
    // Patches, queries with keys and values, projections, two layers a block, and the classifier.
    #expect(nodes.count { $0.op is Convolution } == 1 + 3 * 4 + (isDistilled ? 2 : 1))
  }

  /// Behind the last attention only the class token is computed, and the logit lens finds a single classifier.
  @Test(arguments: all) func classTokensAreComputedAlone(_ network: ONNXNetwork) throws {
    let model = try network.imported(.int8, to: folder.file("m"))
    let nodes = model.description.graph.nodes
    let last = try #require(nodes.lastIndex { $0.op is Attention })
    let readsOneToken = ["vit", "timm_vit", "separate", "clip", "tanh_gelu", "unfolded_vit", "attention_node"].contains
    {
      network.name == $0 || network.name == "\($0)_dynamo"
    }
    let widths = nodes[(last + 1)...].filter { !($0.op is ImageTokens) }.compactMap { model.shapes[$0.name]?.pixels }
    #expect(widths.allSatisfy { $0 == 1 } == readsOneToken, "\(widths)")
    let hasOneClassifier = !["distilled", "class_and_mean"].contains { network.name.hasPrefix($0) }
    #expect((ClassifierRows(model) != nil) == hasOneClassifier)
    let poolsPatches = ["timm_vit_products", "written_norm", "registers", "beit"].contains {
      network.name.hasPrefix($0)
    }
    #expect((ClassTokenPath(model) != nil) == (hasOneClassifier && !poolsPatches))
  }

  @Test(arguments: all) func methodsExplainThem(_ network: ONNXNetwork) throws {
    let session = Session(model: try network.imported(.float32, to: folder.file("m")), threads: 2)
    let hasClassToken = !network.name.hasPrefix("timm_vit_products")
    let (_, values) = try network.expected()
    let crop = Image(width: 32, height: 32, pixels: [UInt8](repeating: 128, count: 32 * 32 * 3))
    let methods: [MethodName] = [
      .gradCAM, .layerCAM, .attentionRollout, .gradientAttention, .leGrad, .logitAttribution,
    ]
    for name in methods {
      if name == .logitAttribution, ClassTokenPath(session.model) == nil { continue }
      guard hasClassToken || ![.attentionRollout, .gradientAttention, .leGrad].contains(name) else {
        #expect(throws: MethodError.self) { try name.makeMethod(session, MethodOptions()) }
        continue
      }
      let explanation = try name.makeMethod(session, MethodOptions())
        .explain(MethodInput(crop: crop, values: values)) { _ in [2, 5] }
      #expect(explanation.maps.map(\.classIndex) == [2, 5])
      for map in explanation.maps {
        #expect(map.height == 4 && map.width == 4 && map.values.allSatisfy(\.isFinite))
        #expect(name == .gradCAM || Set(map.values).count > 1, "\(name)")
      }
    }
  }
}
