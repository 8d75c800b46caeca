import Kernels
import Testing

@testable import Explain

/// Tensors of the model file among the activations.
@Suite struct ConstantTests {
  private static let channels = 20
  private static let shape = Shape(RandomNetwork.size, RandomNetwork.size, channels)
  private static let values = (0..<shape.count).map { Float($0 % 17) / 8 - 1 }

  /// A stem times a constant, with another convolution behind it that reads the product.
  private func model(_ precision: Precision) throws -> Model {
    let network = RandomNetwork(
      layers: ["stem": (Self.channels, 3, 3), "last": (8, Self.channels, 1)],
      build: { graph in
        let stem = try graph.same("stem", graph.input, outputs: Self.channels, kernel: 3)
        let stored = [Self.shape.height, Self.shape.width, Self.shape.channels]
        graph.insert(ComputedWeight(shape: stored, values: Self.values), as: "x.values")
        let op = Constant(shape: Self.shape, values: graph.parameter("x.values", stored, storedShape: stored))
        let constant = try graph.append("x", op, [stem])
        return try graph.same("last", graph.append("product", Multiply(), [stem, constant]), outputs: 8)
      })
    return try network.model(precision, channels: 8)
  }

  @Test(arguments: Precision.allCases) func isWhatTheFileSays(_ precision: Precision) throws {
    let model = try model(precision)
    for seed in [1, 2] as [UInt64] {
      let features = try Session(model: model, threads: 2)
        .features(RandomNetwork.input(seed: seed), nodes: ["stem", "x", "product"])
      #expect(features["x"] == Self.values)
      let stem = try #require(features["stem"])
      #expect(features["product"] == zip(stem, Self.values).map(*))
    }
  }

  @Test func gradientIsTheDifference() throws {
    try expectDifferences(Session(model: try model(.float32), threads: 2))
  }

  @Test(arguments: [Shape(0, 1, 1), Shape(1, -1, 1), Shape(1, 1, 1 << 40), Shape(1 << 14, 1 << 14, 1 << 20)])
  func othersAreRefused(_ shape: Shape) {
    #expect(throws: GraphError.self) { try Constant(shape: shape, values: "v").outputShape([Self.shape], node: "n") }
  }

  /// Whatever reads it, a constant is no path around the layers before it.
  @Test func layersBeforeItStayBottlenecks() throws {
    let nodes = try model(.float32).description.graph.nodes
    #expect(nodes.bottlenecks(input: "input").map { nodes[$0].name } == ["stem", "product", "last", "mean", "fc"])
  }
}
