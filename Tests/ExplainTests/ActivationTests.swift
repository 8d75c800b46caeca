import Foundation
import Kernels
import Testing

@testable import Explain

@Suite struct ActivationTests {
  private static func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
  private static func hardSigmoid(_ x: Double) -> Double { min(max(x / 6 + 0.5, 0), 1) }

  /// Every function that a model file may name, as its definition has it.
  private static let functions: [(activation: Activation, definition: @Sendable (Double) -> Double)] = [
    (.relu, { max($0, 0) }), (.relu6, { min(max($0, 0), 6) }), (.gelu, { $0 / 2 * (1 + erf($0 / 2.0.squareRoot())) }),
    (.sigmoid, { sigmoid($0) }), (.silu, { $0 * sigmoid($0) }), (.hardSigmoid, { hardSigmoid($0) }),
    (.hardSwish, { $0 * hardSigmoid($0) }), (.quickGELU, { $0 * sigmoid(1.702 * $0) }),
    (.tanh, { Foundation.tanh($0) }),
    (.tanhGELU, { $0 / 2 * (1 + Foundation.tanh((2 / Double.pi).squareRoot() * ($0 + 0.044715 * $0 * $0 * $0))) }),
  ]

  @Test func everyFunctionIsTested() {
    #expect(Set(Self.functions.map { $0.activation.function.name }) == Set(Activation.functions.map { $0.name }))
  }

  /// A model whose convolution yields -4.75, -4.25 ... 4.75 in its channels, and an activation behind it.
  private func model(_ activation: Activation, _ precision: Precision, _ folder: TemporaryFolder) throws -> Model {
    var tiny = TinyModel(precision)
    tiny.change("relu") { $0.op = activation }
    for channel in 0..<20 {
      tiny.set("conv.bias", channel, Self.argument(channel))
      if precision == .float32 {
        for tap in 0..<9 { tiny.set("dw.weight", tap * 32 + channel, Float(tap + channel) / 100 + 0.1) }
        for n in 0..<5 { tiny.set("fc.weight", channel * 16 + n, Float((channel + 3 * n) % 7) / 7 - 0.4) }
      }
    }
    try tiny.write(folder.file("model"))
    return try Model(path: folder.file("model"))
  }

  private static func argument(_ channel: Int) -> Float { Float(channel) / 2 - 4.75 }

  /// With the convolution's own result wanted the function has a pass of its own; otherwise it is folded.
  private static let setups: [(precision: Precision, nodes: [String])] = Precision.allCases.flatMap {
    [($0, ["relu"]), ($0, ["conv", "relu"])]
  }

  @Test(arguments: functions.indices, setups)
  func computesTheDefinition(_ index: Int, _ setup: (precision: Precision, nodes: [String])) throws {
    let (activation, definition) = Self.functions[index]
    let folder = try TemporaryFolder()
    let model = try model(activation, setup.precision, folder)
    for tier in CPUTier.available {
      let session = Session(model: model, tier: tier, threads: 1)
      let input = [Float](repeating: 0, count: 8 * 8 * 3)
      let features = try session.features(input, nodes: setup.nodes)
      let values = try #require(features["relu"])
      for (i, value) in values.enumerated() {
        let expected = definition(Double(Self.argument(i % 20)))
        #expect(abs(Double(value) - expected) < 2e-6, "\(activation.function.name) on \(tier)")
      }
    }
  }

  @Test(arguments: functions.indices)
  func gradientIsTheDifference(_ index: Int) throws {
    let folder = try TemporaryFolder()
    let session = Session(model: try model(Self.functions[index].activation, .float32, folder), threads: 1)
    let tail = try ClassifierTail(session, behind: "conv", images: 1, hasGradient: true)
    let values = (0..<8 * 8 * 20).map { Self.argument($0 % 20) }
    func logit(_ i: Int, _ step: Float) -> Double {
      Double(tail.logits({ _ in values }, changing: { $1[i] += step })[2])
    }
    // One pixel inside, all channels, clear of every corner.
    for channel in 0..<20 {
      let i = (3 * 8 + 3) * 20 + channel
      let difference = (logit(i, 0.02) - logit(i, -0.02)) / 0.04
      _ = tail.logits({ _ in values })
      let gradient = Double(tail.gradient(of: 2)[i])
      #expect(abs(gradient - difference) < 3e-5 + 1e-3 * abs(difference), "channel \(channel)")
    }
  }

  /// By a sum over a finer grid than the rule's own.
  @Test(arguments: functions.indices)
  func expectsTheMomentsOfANormalArgument(_ index: Int) throws {
    let (activation, definition) = Self.functions[index]
    for (mean, deviation) in [(0.0, 1.0), (-2.0, 0.5), (3.0, 2.0), (0.7, 0.0)] {
      let input = ChannelMoments(mean: mean, deviation: deviation)
      guard let moments = activation.function.expected(input) else { continue }
      var (weight, sum, squares) = (0.0, 0.0, 0.0)
      for z in stride(from: -9.0, through: 9, by: 1 / 1024) {
        let (density, value) = (exp(-z * z / 2), definition(mean + deviation * z))
        (weight, sum, squares) = (weight + density, sum + density * value, squares + density * value * value)
      }
      let expected = sum / weight
      #expect(abs(moments.mean - expected) < 2e-4)
      #expect(abs(moments.deviation - max(squares / weight - expected * expected, 0).squareRoot()) < 1e-3)
    }
  }
}
