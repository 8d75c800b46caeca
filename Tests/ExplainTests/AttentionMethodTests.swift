import Testing

@testable import Explain

/// Attention matrices and gradients of a Vision Transformer, against what the network itself computes.
@Suite(.enabled(if: Shared.isPresent, "../shared with the golden files is not here"))
struct AttentionMethodTests {
  private let session: Session
  private let input: MethodInput

  init() throws {
    let path = try ImportedModels.path(
      "models/vit_tiny_16.safetensors", golden: "vit_tiny_16", precision: .float32)
    session = Session(model: try Model(path: path))
    input = MethodInput(try Fixtures.crop("cat", session), session.model.description.preprocessing)
  }

  /// A matrix times its values is the attention's result.
  @Test func matricesAreThoseOfTheNetwork() throws {
    let attention = try AttentionBlocks(session, for: .attentionRollout)
    #expect(attention.blocks.count == 12 && attention.tokens == 197)
    let block = attention.blocks[5]
    let features = try session.features(input.values, nodes: [block.attention, block.queriesKeysValues])
    let (values, expected) = (features[block.queriesKeysValues]!, features[block.attention]!)
    let (channels, depth) = (attention.channels, attention.channels / block.heads)
    var found = [Float](repeating: 0, count: expected.count)
    for head in 0..<block.heads {
      let matrix = attention.matrix(block, head: head, values)
      for row in 0..<197 {
        for column in 0..<197 {
          for c in 0..<depth {
            found[row * channels + head * depth + c] +=
              matrix[row * 197 + column] * values[column * 3 * channels + 2 * channels + head * depth + c]
          }
        }
      }
    }
    #expect(relativeError(found, expected) < 1e-4)
  }

  /// The rollout is a share of attention: it sums to 1 over all tokens, and the image's tokens have most of it.
  @Test func rolloutIsADistribution() throws {
    let rollout = try MethodName.attentionRollout.makeMethod(session, MethodOptions())
    let maps = try rollout.explain(input) { largest(2, of: $0) }.maps
    let sum = maps[0].values.reduce(0, +)
    #expect(sum > 0.2 && sum < 1 && maps[0].values.allSatisfy { $0 > 0 })
    #expect(maps[0].width == 14 && maps[0].values == maps[1].values)
  }

  /// Gradients at inner nodes, from the whole network and from its last layers, against differences of the logit.
  @Test func gradientsAreSlopes() throws {
    let node = try AttentionBlocks(session, for: .gradientAttention).blocks[11].attention
    let tail = try ClassifierTail(session, behind: node, images: 2, hasGradient: true)
    let features = try session.features(input.values, nodes: tail.inputs)
    let classIndex = 281
    let whole = tail.logits { features[$0]! }
    let expected = try session.classify(input.values)
    #expect(relativeError(Array(whole.prefix(1000)), expected) < 1e-4)
    #expect(whole.prefix(1000) == whole.suffix(1000))
    let gradient = tail.gradient(of: classIndex)
    // Only the class token's row is read behind the last attention.
    for channel in [0, 77, 191] {
      let step: Float = 0.05
      let moved = tail.logits({ features[$0]! }) { image, values in values[channel] += image == 0 ? step : -step }
      let slope = (moved[classIndex] - moved[1000 + classIndex]) / (2 * step)
      #expect(abs(slope - gradient[channel]) < 0.02 * max(abs(slope), 0.1), "\(channel): \(slope)")
    }
    #expect(gradient[192...].allSatisfy { $0 == 0 })
  }

  /// A place of a Vision Transformer is kept with its neighbours by a Gaussian of 3 x 3, beside the class token.
  @Test func reciproCAMKeepsAGaussianAndTheClassToken() throws {
    let map = try MethodName.reciproCAM.makeMethod(session, MethodOptions()).explain(input) { _ in [281] }.maps[0]
    #expect(map.width == 14 && map.height == 14)
    let node = try TargetLayer(session.model, for: .reciproCAM).node
    let tail = try ClassifierTail(session, behind: node, images: 1, hasGradient: false)
    let features = try session.features(input.values, nodes: tail.inputs)
    // The corner has four places in the image, of which its own keeps a quarter.
    let corner: [Int: Float] = [0: 0.25, 1: 0.125, 14: 0.125, 15: 0.0625]
    let inside: [Int: Float] = [
      15: 0.0625, 16: 0.125, 17: 0.0625, 29: 0.125, 30: 0.25, 31: 0.125, 43: 0.0625, 44: 0.125, 45: 0.0625,
    ]
    for (place, kept) in [(0, corner), (30, inside)] {
      let logits = tail.logits({ features[$0]! }) { _, values in
        for i in 192..<197 * 192 { values[i] *= kept[i / 192 - 1] ?? 0 }
      }
      #expect(abs(logits[281] - map.values[place]) < 1e-4 * max(abs(logits[281]), 1), "\(place)")
    }
  }

  /// Differs by class, as the gradient does, and sees the positive part alone.
  @Test func gradientAttentionDiffersByClass() throws {
    let method = try MethodName.gradientAttention.makeMethod(session, MethodOptions())
    let result = try method.explain(input) { largest(1, of: $0) + [967] }
    #expect(result.passes == PassCount(forward: 2, backward: 2))
    #expect(result.maps.allSatisfy { $0.values.allSatisfy { $0 >= 0 } && $0.values.contains { $0 > 0 } })
    #expect(correlation(result.maps[0].values, result.maps[1].values) < 0.9)
    let again = try method.explain(input) { _ in [967] }
    #expect(again.maps[0] == result.maps[1])
  }
}
