import Foundation
import Kernels
import Testing

@testable import Explain

/// Operators on the elements of tensors, in a network around them: against their definitions in Double, on every
/// instruction set, and their gradients against differences.
@Suite struct ElementwiseOperatorTests {
  struct Example: CustomTestStringConvertible {
    var testDescription: String
    var nodes: [Node]
    /// The result's element `i` of `[8, 8, 20]`, for the results of other nodes.
    var definition: @Sendable (_ results: [String: [Float]], _ i: Int) -> Double
    var floats: [String: [Float]] = [:]
    var shapes: [String: [Int]] = [:]
  }

  private static let slopes = (0..<20).map { Float($0) / 10 - 0.5 }
  private static let positions: [Float] = (0..<1320).map { (index: Int) -> Float in
    let step = index * 37 % 101
    return Float(step) / 50 - 1
  }

  private static let attentionBias: [Float] = (0..<8192).map { (index: Int) -> Float in
    let step = index * 53 % 97
    return Float(step) / 40 - 1
  }

  static let examples = [
    Example(
      testDescription: "PReLU", nodes: [Node("op", PReLU(slope: "slope"), ["conv"])],
      definition: { results, i in
        let x = Double(results["conv"]?[i] ?? .nan)
        return x > 0 ? x : x * Double(slopes[i % 20])
      }, floats: ["slope": slopes]),
    Example(
      testDescription: "x sigmoid(x)",
      nodes: [Node("sigmoid", Activation.sigmoid, ["conv"]), Node("op", Multiply(), ["conv", "sigmoid"])],
      definition: { Double($0["conv"]?[$1] ?? .nan) * Double($0["sigmoid"]?[$1] ?? .nan) }),
    Example(
      testDescription: "x x", nodes: [Node("op", Multiply(), ["conv", "conv"])],
      definition: { results, i in
        let x = Double(results["conv"]?[i] ?? .nan)
        return x * x
      }),
    Example(
      testDescription: "squeeze and excite",
      nodes: [
        Node("pooled", GlobalAveragePool(), ["conv"]), Node("gate", Activation.sigmoid, ["pooled"]),
        Node("op", Multiply(), ["conv", "gate"]),
      ],
      definition: { Double($0["conv"]?[$1] ?? .nan) * Double($0["gate"]?[$1 % 20] ?? .nan) }),
    Example(
      testDescription: "LayerNorm over the channels of an image",
      nodes: [Node("op", LayerNorm(epsilon: 1e-3, weight: "weight", bias: "bias"), ["conv"])],
      definition: { results, i in
        let pixel = (0..<20).map { Double(results["conv"]?[i / 20 * 20 + $0] ?? .nan) }
        let mean = pixel.reduce(0, +) / 20
        let variance = pixel.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 20
        return (pixel[i % 20] - mean) / (variance + 1e-3).squareRoot() * Double(slopes[i % 20]) + 0.25
      }, floats: ["weight": slopes, "bias": [Float](repeating: 0.25, count: 20)]),
    Example(
      testDescription: "tokens behind two of their own, and the second one",
      nodes: [
        Node("tokens", TokenEmbedding(prefix: 2, classToken: "class", positions: "positions"), ["conv"]),
        Node("second", FirstToken(index: 1), ["tokens"]),
        Node("image", ImageTokens(height: 8, width: 8, prefix: 2), ["tokens"]),
        Node("op", Multiply(), ["image", "second"]),
      ],
      definition: { results, i in
        let second = Double(slopes[i % 20]) + Double(positions[20 + i % 20])
        let pixel = Double(results["conv"]?[i] ?? .nan) + Double(positions[40 + i])
        return pixel * second
      }, floats: ["class": slopes + slopes, "positions": positions],
      shapes: ["class": [2, 20], "positions": [66, 20]]),
    Example(
      testDescription: "tokens without others, and the tenth one",
      nodes: [
        Node("tokens", TokenEmbedding(prefix: 0, classToken: nil, positions: "positions"), ["conv"]),
        Node("tenth", FirstToken(index: 9), ["tokens"]),
        Node("image", ImageTokens(height: 8, width: 8, prefix: 0), ["tokens"]),
        Node("op", Multiply(), ["image", "tenth"]),
      ],
      definition: { results, i in
        func token(_ i: Int) -> Double { Double(results["conv"]?[i] ?? .nan) + Double(positions[i]) }
        return token(i) * token(9 * 20 + i % 20)
      }, floats: ["positions": Array(positions.prefix(64 * 20))], shapes: ["positions": [64, 20]]),
    Example(
      testDescription: "attention with a bias for each pair of tokens",
      nodes: [
        Node("tokens", TokenEmbedding(prefix: 0, classToken: nil, positions: "positions"), ["conv"]),
        Node("norm", LayerNorm(epsilon: 1e-3, weight: "slopes", bias: "slopes"), ["tokens"]),
        Node("qkv", Concat(), ["norm", "norm", "norm"]),
        Node("attention", Attention(heads: 2, bias: "bias"), ["qkv"]),
        Node("op", ImageTokens(height: 8, width: 8, prefix: 0), ["attention"]),
      ],
      definition: { results, i in
        let tokens = (results["norm"] ?? []).map(Double.init)
        let (query, channel) = (i / 20, i % 20)
        let head = channel / 10
        let weights = (0..<64).map { (key: Int) -> Double in
          var score = 0.0
          for c in head * 10..<head * 10 + 10 { score += tokens[query * 20 + c] * tokens[key * 20 + c] }
          return exp(score / 10.0.squareRoot() + Double(attentionBias[(head * 64 + query) * 64 + key]))
        }
        var sum = 0.0
        for key in 0..<64 { sum += weights[key] * tokens[key * 20 + channel] }
        return sum / weights.reduce(0, +)
      }, floats: ["positions": Array(positions.prefix(64 * 20)), "slopes": slopes, "bias": attentionBias],
      shapes: ["positions": [64, 20], "bias": [2, 64, 64]]),
  ]

  private static func input() -> [Float] {
    var random = SplitMix64(11, 1)
    return (0..<8 * 8 * 3).map { _ in random.float(in: -1...1) }
  }

  @Test(arguments: examples, Precision.allCases)
  func computesTheDefinition(_ example: Example, _ precision: Precision) throws {
    let fixture = try OperatorFixture(example.nodes, precision, floats: example.floats, shapes: example.shapes)
    let others = example.nodes.map(\.name).filter { $0 != "op" }
    for tier in CPUTier.available {
      let session = Session(model: fixture.model, tier: tier, threads: 2)
      let results = try session.features(Self.input(), nodes: ["conv", "op", "fc"] + others)
      let found = try #require(results["op"])
      for i in found.indices {
        let expected = example.definition(results, i)
        #expect(abs(Double(found[i]) - expected) < 1e-5 * (1 + abs(expected)), "element \(i) on \(tier)")
      }
      #expect(Set(found).count > 100)
      // Quantized while it is written, where nobody wants the Floats.
      let logits = try session.features(Self.input(), nodes: ["fc"])
      #expect(try #require(logits["fc"]) == results["fc"], "\(tier)")
    }
  }

  @Test(arguments: examples) func gradientIsTheDifference(_ example: Example) throws {
    let fixture = try OperatorFixture(example.nodes, .float32, floats: example.floats, shapes: example.shapes)
    let session = Session(model: fixture.model, threads: 1)
    let tail = try ClassifierTail(session, behind: "conv", images: 2, hasGradient: true)
    // Clear of PReLU's corner.
    var random = SplitMix64(13, 1)
    let values = (0..<8 * 8 * 20).map { _ in random.float(in: 0.1...1) * (random.next() % 2 == 0 ? 1 : -1) }
    func logit(_ i: Int, _ step: Float) -> Double {
      Double(tail.logits({ _ in values }, changing: { $1[i] += $0 == 0 ? step : 0 })[2])
    }
    for i in stride(from: 3, to: values.count, by: 61) {
      let difference = (logit(i, 0.02) - logit(i, -0.02)) / 0.04
      let logits = tail.logits({ _ in values })
      #expect(logits[..<5] == logits[5...])
      let gradient = Double(tail.gradient(of: 2)[i])
      #expect(abs(gradient - difference) < 2e-5 + 2e-3 * abs(difference), "element \(i)")
    }
  }
}
