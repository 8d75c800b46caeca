import Kernels
import Testing

@testable import Explain

@Suite struct ConcatTests {
  /// Concatenations of what others read as well, as operand and as residual, and of one tensor twice.
  ///
  /// - Parameter isNonNegative: whether convolutions read, and add, unsigned levels.
  private func model(_ precision: Precision, isNonNegative: Bool) throws -> Model {
    let network = RandomNetwork(
      layers: ["stem": (20, 3, 3), "a": (7, 20, 3), "b": (20, 27, 1), "c": (24, 47, 3)],
      build: { graph in
        var stem = try graph.same("stem", graph.input, outputs: 20, kernel: 3)
        if isNonNegative { stem = try graph.activation("relu", stem, .relu) }
        let a = try graph.same("a", stem, outputs: 7, kernel: 3)
        let first = try graph.append("first", Concat(), [stem, a])
        let sum = try graph.add("sum", graph.same("b", first, outputs: 20), stem)
        let second = try graph.append("second", Concat(), [sum, a, sum])
        return try graph.same("c", second, outputs: 24, kernel: 3)
      })
    return try network.model(precision, channels: 24)
  }

  private static let nodes = ["stem", "a", "first", "sum", "second", "fc"]

  @Test(arguments: Precision.allCases) func putsChannelsTogether(_ precision: Precision) throws {
    let model = try model(precision, isNonNegative: false)
    for tier in CPUTier.available {
      let features = try Session(model: model, tier: tier, threads: 2)
        .features(RandomNetwork.input(), nodes: Self.nodes)
      func expected(_ parts: [(String, Int)]) -> [Float] {
        (0..<RandomNetwork.size * RandomNetwork.size).flatMap { pixel in
          parts.flatMap { name, count in features[name].map { $0[pixel * count..<(pixel + 1) * count] } ?? [] }
        }
      }
      #expect(features["first"] == expected([("stem", 20), ("a", 7)]), "\(tier)")
      #expect(features["second"] == expected([("sum", 20), ("a", 7), ("sum", 20)]), "\(tier)")
    }
  }

  @Test(arguments: Precision.allCases, [true, false])
  func fusionChangesNothing(_ precision: Precision, _ isNonNegative: Bool) throws {
    let model = try model(precision, isNonNegative: isNonNegative)
    for tier in CPUTier.available {
      let session = Session(model: model, tier: tier, threads: 2)
      let logits = try session.classify(RandomNetwork.input())
      let unfused = try session.features(RandomNetwork.input(), nodes: model.description.graph.nodes.map(\.name))
      // A residual that is nowhere negative is added as levels.
      let tolerance: Float = precision == .int8 && isNonNegative ? 0.02 : 1e-5
      #expect(relativeError(logits, try #require(unfused["fc"])) < tolerance, "\(tier)")
    }
  }

  /// The second is read by nobody but a convolution.
  @Test func writesLevels() throws {
    let model = try model(.int8, isNonNegative: false)
    let plan = try ExecutionPlan(model, outputs: ["fc"], context: ExecutionContext(threads: 1))
    for name in ["first", "second"] {
      let step = try #require(plan.steps.first { $0.name == name })
      #expect(step.place.prepared != nil && step.place.output == nil)
    }
  }

  @Test(arguments: [true, false]) func gradientIsTheDifference(_ isNonNegative: Bool) throws {
    let session = Session(model: try model(.float32, isNonNegative: isNonNegative), threads: 2)
    try expectDifferences(session)
  }

  /// Layers that read all before them, as DenseNet has them: all at once, and one after the other.
  private func denseBlock(_ precision: Precision, inOneStep: Bool) throws -> Model {
    let (start, growth, depth) = (16, 4, 12)
    var layers: [String: (outputs: Int, inputs: Int, kernel: Int)] = ["stem": (start, 3, 3)]
    for index in 0..<depth { layers["layer\(index)"] = (growth, start + index * growth, 3) }
    let network = RandomNetwork(
      layers: layers,
      build: { graph in
        var all = [try graph.same("stem", graph.input, outputs: start, kernel: 3)]
        var joined = all[0]
        for index in 0..<depth {
          all.append(try graph.same("layer\(index)", joined, outputs: growth, kernel: 3))
          joined = try graph.append("joined\(index)", Concat(), inOneStep ? all : [joined, all[index + 1]])
        }
        return joined
      })
    return try network.model(precision, channels: start + depth * growth)
  }

  @Test(arguments: Precision.allCases) func nestedConcatenationsAreOne(_ precision: Precision) throws {
    let input = RandomNetwork.input()
    let logits = try [true, false].map {
      try Session(model: denseBlock(precision, inOneStep: $0), threads: 2).classify(input)
    }
    #expect(logits[0] == logits[1])
  }

  @Test func everyPartHasToBeKnown() {
    let (a, b) = (ChannelMoments(mean: 1, deviation: 2), ChannelMoments(mean: -1, deviation: 0.5))
    #expect(Concat().expected([[a], [b, a]], normalized: nil) == [a, b, a])
    #expect(Concat().expected([[a], nil], normalized: nil) == nil)
    #expect(Concat().isNonNegative([true, true]) && !Concat().isNonNegative([true, false]))
  }
}
