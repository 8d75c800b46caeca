import Kernels
import Testing

@testable import Explain

@Suite struct RearrangeTests {
  private static let channels = 20

  /// Of 8 x 8 pixels with 20 channels.
  struct Example: Sendable, CustomTestStringConvertible {
    let name: String
    let op: Rearrange
    /// Channel that each of the result's channels has all of its pixels from; nil if there is none.
    var channels: [Int]?

    init(
      _ name: String, _ shape: Shape, offset: Int = 0, _ loops: (length: Int, stride: Int)..., channels: [Int]? = nil
    ) {
      self.name = name
      op = Rearrange(shape: shape, offset: offset, lengths: loops.map(\.length), strides: loops.map(\.stride))
      self.channels = channels
    }

    var testDescription: String { name }
  }

  static let examples = [
    Example("second half", Shape(8, 8, 10), offset: 10, (64, 20), (10, 1), channels: Array(10..<20)),
    Example("shuffle", Shape(8, 8, 20), (64, 20), (10, 1), (2, 10), channels: (0..<20).map { $0 % 2 * 10 + $0 / 2 }),
    Example(
      "shuffle in four", Shape(8, 8, 20), (64, 20), (5, 1), (4, 5), channels: (0..<20).map { $0 % 4 * 5 + $0 / 4 }),
    Example(
      "every other channel", Shape(8, 8, 10), offset: 1, (64, 20), (10, 2), channels: (0..<10).map { 2 * $0 + 1 }),
    Example(
      "pixels as channels", Shape(4, 4, 80), (4, 320), (4, 40), (2, 160), (2, 20), (20, 1),
      channels: (0..<80).map { $0 % 20 }),
    Example(
      "middle", Shape(3, 5, 20), offset: 2 * 160 + 20, (3, 160), (5, 20), (20, 1), channels: Array(0..<20)),
    Example("transposed", Shape(1, 20, 64), (20, 1), (64, 20)),
    Example("repeated", Shape(8, 8, 3), offset: 7, (64, 20), (3, 0), channels: [7, 7, 7]),
    Example("one", Shape(1, 1, 1), offset: 1279, (1, 1), channels: [19]),
  ]

  private func model(_ example: Example, _ precision: Precision) throws -> Model {
    let network = RandomNetwork(
      layers: ["stem": (Self.channels, 3, 3), "last": (8, example.op.shape.channels, 1)],
      build: { graph in
        let stem = try graph.same("stem", graph.input, outputs: Self.channels, kernel: 3)
        let relu = try graph.activation("relu", stem, .silu)
        return try graph.same("last", graph.append("x", example.op, [relu]), outputs: 8)
      })
    return try network.model(precision, channels: 8)
  }

  @Test(arguments: examples, Precision.allCases)
  func elementsAreThoseOfTheLoops(_ example: Example, _ precision: Precision) throws {
    let model = try model(example, precision)
    let op = example.op
    let places = zip(op.lengths, op.strides).reduce([op.offset]) { places, loop in
      places.flatMap { place in (0..<loop.0).map { place + $0 * loop.1 } }
    }
    for tier in CPUTier.available {
      let session = Session(model: model, tier: tier, threads: 2)
      let features = try session.features(RandomNetwork.input(), nodes: ["relu", "x"])
      let (input, found) = (try #require(features["relu"]), try #require(features["x"]))
      #expect(found == places.map { input[$0] }, "\(tier)")
      // Nobody but a convolution reads the result now.
      let logits = try session.classify(RandomNetwork.input())
      let unfused = try #require(
        try session.features(RandomNetwork.input(), nodes: model.description.graph.nodes.map(\.name))["fc"])
      #expect(relativeError(logits, unfused) < 1e-5, "\(tier)")
    }
  }

  @Test func writesLevels() throws {
    let model = try model(Self.examples[1], .int8)
    let plan = try ExecutionPlan(model, outputs: ["fc"], context: ExecutionContext(threads: 1))
    let step = try #require(plan.steps.first { $0.name == "x" })
    #expect(step.place.prepared != nil && step.place.output == nil)
  }

  @Test(arguments: examples) func gradientIsTheDifference(_ example: Example) throws {
    try expectDifferences(Session(model: try model(example, .float32), threads: 2))
  }

  @Test(arguments: examples) func momentsAreThoseOfTheChannels(_ example: Example) {
    let moments = (0..<Self.channels).map { ChannelMoments(mean: Double($0), deviation: 1 + Double($0)) }
    let expected = example.channels.map { $0.map { moments[$0] } }
    #expect(example.op.expected([moments], normalized: nil) == expected)
    #expect(example.op.expected([nil], normalized: nil) == nil)
  }

  private static let huge = 1 << 62

  @Test(arguments: [
    ("offset", Rearrange(shape: Shape(1, 1, 1), offset: 96, lengths: [1], strides: [1])),
    ("offset", Rearrange(shape: Shape(1, 1, 1), offset: -1, lengths: [1], strides: [1])),
    ("loops", Rearrange(shape: Shape(1, 1, 1), offset: 0, lengths: [], strides: [])),
    (
      "loops",
      Rearrange(
        shape: Shape(1, 1, 1), offset: 0, lengths: [Int](repeating: 1, count: 17),
        strides: [Int](repeating: 1, count: 17))
    ),
    ("strides", Rearrange(shape: Shape(1, 1, 2), offset: 0, lengths: [1, 2], strides: [1])),
    ("stride", Rearrange(shape: Shape(1, 1, 2), offset: 0, lengths: [2], strides: [96])),
    ("stride", Rearrange(shape: Shape(1, 1, 2), offset: 2, lengths: [2], strides: [-1])),
    ("stride", Rearrange(shape: Shape(1, 1, 2), offset: 0, lengths: [2], strides: [huge])),
    ("length", Rearrange(shape: Shape(1, 1, 2), offset: 0, lengths: [huge, huge], strides: [0, 0])),
    ("elements", Rearrange(shape: Shape(1, 1, 3), offset: 0, lengths: [2], strides: [1])),
    ("length", Rearrange(shape: Shape(1, 1, 3), offset: 0, lengths: [4], strides: [1])),
    ("elements", Rearrange(shape: Shape(16384, 16384, 1024), offset: 0, lengths: [1], strides: [1])),
    ("height", Rearrange(shape: Shape(0, 1, 1), offset: 0, lengths: [1], strides: [1])),
    ("width", Rearrange(shape: Shape(1, -1, 1), offset: 0, lengths: [1], strides: [1])),
    ("channels", Rearrange(shape: Shape(1, 1, huge), offset: 0, lengths: [1], strides: [1])),
  ])
  func othersAreRefused(_ attribute: String, _ op: Rearrange) {
    let error = #expect(throws: GraphError.self) { try op.outputShape([Shape(4, 8, 3)], node: "n") }
    guard case .badAttribute("n", attribute, _)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }
}
