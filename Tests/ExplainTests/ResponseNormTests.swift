import Kernels
import Testing

@testable import Explain

@Suite struct ResponseNormTests {
  private static let channels = 20

  private func model(_ precision: Precision) throws -> Model {
    let network = RandomNetwork(
      layers: ["stem": (Self.channels, 3, 3), "last": (8, Self.channels, 1)],
      build: { graph in
        let stem = try graph.same("stem", graph.input, outputs: Self.channels, kernel: 3)
        let values = (0..<Self.channels).map { Float($0) / 10 - 0.8 }
        graph.insert(ComputedWeight(shape: [Self.channels], values: values), as: "norm.weight")
        graph.insert(ComputedWeight(shape: [Self.channels], values: values.map { $0 / 3 + 1 }), as: "norm.bias")
        let op = ResponseNorm(
          epsilon: 1e-3, weight: graph.parameter("norm.weight", [Self.channels], storedShape: [Self.channels]),
          bias: graph.parameter("norm.bias", [Self.channels], storedShape: [Self.channels]))
        return try graph.same("last", graph.append("x", op, [stem]), outputs: 8)
      })
    return try network.model(precision, channels: 8)
  }

  @Test(arguments: Precision.allCases) func computesTheDefinition(_ precision: Precision) throws {
    let model = try model(precision)
    for tier in CPUTier.available {
      let session = Session(model: model, tier: tier, threads: 2)
      let features = try session.features(RandomNetwork.input(), nodes: ["stem", "x"])
      let (stem, found) = (try #require(features["stem"]), try #require(features["x"]))
      let norms = (0..<Self.channels).map { c in
        stride(from: c, to: stem.count, by: Self.channels).reduce(0) { $0 + Double(stem[$1]) * Double(stem[$1]) }
          .squareRoot()
      }
      let mean = norms.reduce(0, +) / Double(Self.channels)
      let expected = stem.enumerated().map { index, x -> Float in
        let weight = Double(index % Self.channels) / 10 - 0.8
        return Float(
          Double(x) * (1 + weight * norms[index % Self.channels] / (mean + 1e-3)) + weight / 3 + 1)
      }
      #expect(relativeError(found, expected) < 1e-5, "\(tier)")
      // Nobody but a convolution reads the result now.
      let logits = try session.classify(RandomNetwork.input())
      let unfused = try #require(
        try session.features(RandomNetwork.input(), nodes: model.description.graph.nodes.map(\.name))["fc"])
      #expect(relativeError(logits, unfused) < 1e-5, "\(tier)")
    }
  }

  @Test func gradientIsTheDifference() throws {
    try expectDifferences(Session(model: try model(.float32), threads: 2))
  }

  @Test(arguments: [0, -1, 2, .nan] as [Float]) func othersAreRefused(_ epsilon: Float) {
    let op = ResponseNorm(epsilon: epsilon, weight: "w", bias: "b")
    #expect(throws: GraphError.self) { try op.outputShape([Shape(4, 8, 3)], node: "n") }
  }
}
