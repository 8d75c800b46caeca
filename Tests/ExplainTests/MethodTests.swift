import Explain
import Testing

/// Methods on the bundled model and the bundled photographs.
@Suite struct MethodTests {
  private let session: Session
  private let input: MethodInput

  init() throws {
    session = Session(model: try Model(path: Fixtures.bundledModel))
    input = MethodInput(try Fixtures.crop("espresso", session), session.model.description.preprocessing)
  }

  private func method(_ name: MethodName, _ change: (inout MethodOptions) -> Void = { _ in }) throws
    -> any ExplanationMethod
  {
    var options = MethodOptions()
    change(&options)
    return try name.makeMethod(session, options)
  }

  /// Behind the target lie pooling and one linear layer, so that gradients are the layer's row over 49 places: Grad-CAM is the
  /// positive part of CAM, and with equal gradients everywhere LayerCAM leaves out the negative channels.
  @Test func gradCAMIsCAMWherePoolingFollows() throws {
    let cam = try method(.cam).explain(input) { largest(1, of: $0) }.maps[0]
    let grad = try method(.gradCAM).explain(input) { largest(1, of: $0) }
    #expect(correlation(grad.maps[0].values, cam.values.map { max($0, 0) }) > 0.9999)
    #expect(grad.passes == PassCount(forward: 1, tail: 1, backward: 1))
    let layer = try method(.layerCAM).explain(input) { largest(1, of: $0) }.maps[0]
    #expect(zip(layer.values, grad.maps[0].values).allSatisfy { $0 >= $1 * 0.999 })
    #expect(correlation(layer.values, cam.values) > 0.8)
  }

  /// A place alone leaves its 49th part of CAM's sum, and the bias.
  @Test func reciproCAMIsCAMWherePoolingFollows() throws {
    let cam = try method(.cam).explain(input) { largest(2, of: $0) }
    let recipro = try method(.reciproCAM).explain(input) { largest(2, of: $0) }
    #expect(recipro.passes == PassCount(forward: 1, tail: 49))
    for (a, b) in zip(recipro.maps, cam.maps) {
      #expect(a.classIndex == b.classIndex && correlation(a.values, b.values) > 0.9999)
      let (least, most) = (b.values.min()!, b.values.max()!)
      let spread = (a.values.max()! - a.values.min()!) * 49 / (most - least)
      #expect(abs(spread - 1) < 0.01, "\(spread)")
    }
  }

  /// A linear tail loses by a channel what the channel adds.
  @Test func ablationCAMWeightsAreWhatChannelsAdd() throws {
    let ablation = try method(.ablationCAM).explain(input) { largest(3, of: $0) }
    #expect(ablation.passes == PassCount(forward: 1, tail: 1281))
    #expect(ablation.maps.count == 3 && ablation.maps[0].values.contains { $0 > 0 })
  }

  @Test func riseIsSeeded() throws {
    func map(_ seed: Int) throws -> Explanation {
      try method(.rise) {
        $0.seed = seed
        $0.masks = 12
      }.explain(input) { largest(1, of: $0) }
    }
    let (first, again, other) = (try map(1), try map(1), try map(2))
    #expect(first.maps == again.maps && first.maps != other.maps)
    #expect(first.passes == PassCount(forward: 13))
    #expect(first.maps[0].width == 224)
  }

  @Test func floorsAreSeededAndKnowNothing() throws {
    let random = try method(.random).explain(input) { largest(1, of: $0) }.maps
    #expect(try method(.random).explain(input) { largest(1, of: $0) }.maps == random)
    #expect(try method(.random) { $0.seed = 1 }.explain(input) { largest(1, of: $0) }.maps != random)
    let cat = MethodInput(try Fixtures.crop("cat", session), session.model.description.preprocessing)
    #expect(try method(.random).explain(cat) { _ in [random[0].classIndex] }.maps != random)
    let centre = try method(.centre).explain(input) { largest(1, of: $0) }.maps[0]
    let saliency = SaliencyMap(centre.normalized(), crop: 224)
    #expect(abs(saliency.peak.x - 112) <= 4 && abs(saliency.peak.y - 112) <= 4)
  }

  @Test func methodsSayWhatTheyNeed() throws {
    for name in [MethodName.attentionRollout, .gradientAttention, .leGrad, .logitAttribution] {
      #expect(
        throws: MethodError.unsupported(
          method: name.rawValue, needs: "the attention layers of a Vision Transformer")
      ) { _ = try method(name) }
    }
  }
}
