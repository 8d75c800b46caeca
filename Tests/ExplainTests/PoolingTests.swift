import Kernels
import Testing

@testable import Explain

/// Operators that make one value a channel of every window.
@Suite struct PoolingTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var op: any GraphOperator
    var window: Window
    /// Of the values in the image; the kernel's area comes second.
    var value: @Sendable ([Double], Int) -> Double

    init(
      _ what: String, _ op: any GraphOperator, _ window: Window, value: @escaping @Sendable ([Double], Int) -> Double
    ) {
      (testDescription, self.op, self.window, self.value) = (what, op, window, value)
    }

    static func average(_ what: String, _ window: Window) -> [Case] {
      [
        Case(what, AveragePool(window, countsPadding: false), window) { values, _ in
          values.reduce(0, +) / Double(values.count)
        },
        Case("\(what), counting", AveragePool(window, countsPadding: true), window) { values, area in
          values.reduce(0, +) / Double(area)
        },
      ]
    }
  }

  static let cases =
    Case.average("2x2/2", Window(kernel: 2, stride: 2)) + Case.average("3x3", Window(kernel: 3, padding: 1))
    + Case.average("odd", Window(kernelHeight: 3, kernelWidth: 2, stride: 2, top: 0, left: 1, bottom: 2, right: 0))
    + [
      Case("global maximum", GlobalMaxPool(), Window(kernel: RandomNetwork.size)) { values, _ in
        values.max() ?? .nan
      }
    ]

  private static let channels = 20

  /// A pool between two convolutions, the second of which reads levels where there are any.
  private func model(_ example: Case, _ precision: Precision) throws -> Model {
    let network = RandomNetwork(
      layers: ["stem": (Self.channels, 3, 3), "wide": (24, Self.channels, 1)],
      build: { graph in
        let stem = try graph.same("stem", graph.input, outputs: Self.channels, kernel: 3)
        let pool = try graph.append("pool", example.op, [stem])
        return try graph.same("wide", pool, outputs: 24)
      })
    return try network.model(precision, channels: 24)
  }

  private func pooled(_ values: [Float], _ window: Window, _ shape: Shape, _ example: Case) -> [Double] {
    var results: [Double] = []
    for (y, x) in (0..<shape.pixels).map({ ($0 / shape.width, $0 % shape.width) }) {
      for c in 0..<Self.channels {
        var seen: [Double] = []
        for sourceY in (0..<window.kernelHeight).map({ y * window.stride - window.top + $0 })
        where 0..<RandomNetwork.size ~= sourceY {
          for sourceX in (0..<window.kernelWidth).map({ x * window.stride - window.left + $0 })
          where 0..<RandomNetwork.size ~= sourceX {
            seen.append(Double(values[(sourceY * RandomNetwork.size + sourceX) * Self.channels + c]))
          }
        }
        results.append(example.value(seen, window.area))
      }
    }
    return results
  }

  @Test(arguments: cases, Precision.allCases)
  func computesTheDefinition(_ example: Case, _ precision: Precision) throws {
    let model = try model(example, precision)
    for tier in CPUTier.available {
      let features = try Session(model: model, tier: tier, threads: 2)
        .features(RandomNetwork.input(), nodes: ["stem", "pool"])
      let (stem, pool) = (try #require(features["stem"]), try #require(features["pool"]))
      let expected = pooled(stem, example.window, try #require(model.shapes["pool"]), example)
      #expect(pool.count == expected.count)
      #expect(zip(pool, expected).allSatisfy { abs(Double($0) - $1) < 1e-5 }, "\(tier)")
    }
  }

  /// The result that only convolutions read is quantized as it is written.
  @Test(arguments: cases) func writesLevels(_ example: Case) throws {
    let model = try model(example, .int8)
    let session = Session(model: model, threads: 2)
    let plan = try ExecutionPlan(model, outputs: ["fc"], context: session.context)
    let step = try #require(plan.steps.first { $0.name == "pool" })
    #expect(step.place.prepared != nil && step.place.output == nil)
    let logits = try session.classify(RandomNetwork.input())
    let unfused = try session.features(RandomNetwork.input(), nodes: ["stem", "pool", "wide", "fc"])
    #expect(relativeError(logits, try #require(unfused["fc"])) < 1e-5)
  }

  @Test(arguments: cases) func gradientIsTheDifference(_ example: Case) throws {
    let session = Session(model: try model(example, .float32), threads: 2)
    try expectDifferences(session)
  }

  @Test(arguments: [true, false]) func meansAreExpectedWherePaddingDoesNotCount(_ countsPadding: Bool) throws {
    let moments = [ChannelMoments(mean: 1, deviation: 2), ChannelMoments(mean: -1, deviation: 0.5)]
    let padded = AveragePool(Window(kernel: 3, padding: 1), countsPadding: countsPadding)
    #expect(padded.expected([moments], normalized: nil) == (countsPadding ? nil : moments))
    let plain = AveragePool(Window(kernel: 2, stride: 2), countsPadding: countsPadding)
    #expect(plain.expected([moments], normalized: nil) == moments && plain.expected([nil], normalized: nil) == nil)
  }
}
