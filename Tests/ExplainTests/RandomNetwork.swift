import Kernels
import Testing

@testable import Explain

/// A small network of pseudo-random weights and any operators, imported as an architecture is.
struct RandomNetwork {
  /// Outputs, inputs and kernel of the convolutions.
  var layers: [String: (outputs: Int, inputs: Int, kernel: Int)]
  /// Adds nodes to 8 x 8 x 3 pixels; answers the last, which is pooled and classified.
  var build: @Sendable (inout GraphBuilder) throws -> String

  static let classes = 5
  static let size = 8

  /// - Parameter channels: of the node that is pooled.
  func model(_ precision: Precision, channels: Int) throws -> Model {
    let folder = try TemporaryFolder()
    var shapes = ["fc.weight": [Self.classes, channels], "fc.bias": [Self.classes]]
    for (name, layer) in layers {
      shapes["\(name).weight"] = [layer.outputs, layer.inputs, layer.kernel, layer.kernel]
      shapes["\(name).bias"] = [layer.outputs]
    }
    _ = try SyntheticWeights(shapes: shapes).writeRandom(folder.file("w"), seed: 1)
    let state = StateDict(try WeightFiles(path: folder.file("w")))
    var graph = GraphBuilder(state: state, inputShape: Shape(Self.size, Self.size, 3), precision: precision)
    let last = try build(&graph)
    let logits = try graph.linear("fc", graph.globalAveragePool("mean", last), outputs: Self.classes)
    try graph.finish()
    let preprocessing = Preprocessing(
      resize: Self.size, crop: PixelSize(side: Self.size), interpolation: .bilinear, mean: [0.5, 0.5, 0.5],
      std: [0.5, 0.5, 0.5])
    if precision == .int8 { graph.readPixels(preprocessing.pixelLevels) }
    let description = ModelDescription(
      name: "random", architecture: "random", precision: precision,
      graph: Graph(input: graph.input, inputShape: graph.inputShape, nodes: graph.nodes, output: logits),
      featureLayers: [], preprocessing: preprocessing, labels: [], classes: Self.classes, head: nil, licence: "none",
      source: "made up")
    _ = try write(description, graph, nil, to: folder.file("m"))
    return try Model(path: folder.file("m"))
  }

  static func input(seed: UInt64 = 2) -> [Float] {
    var generator = SplitMix64(state: seed)
    return (0..<size * size * 3).map { _ in generator.signedUnit() }
  }
}

extension GraphBuilder {
  /// A convolution that keeps the size of its input.
  mutating func same(_ name: String, _ input: String, outputs: Int, kernel: Int = 1) throws(ImportError) -> String {
    try convolution(
      name, input, outputChannels: outputs, kernel: kernel, padding: .symmetric(kernel / 2), normalization: nil)
  }
}

extension ClassifierTail {
  /// The logit of class 2 with one value of the first node changed by `step`, and how it changes.
  func slope(_ values: [String: [Float]], at i: Int, step: Float) -> Double {
    func logit(_ step: Float) -> Double {
      Double(logits({ values[$0] ?? [] }, changing: { $1[i] += step })[2])
    }
    return (logit(step) - logit(-step)) / Double(2 * step)
  }
}

/// Expects that gradients of class 2 by the results of "stem" are differences of its logit.
func expectDifferences(_ session: Session) throws {
  let stem = try session.features(RandomNetwork.input(), nodes: ["stem"])
  let tail = try ClassifierTail(session, behind: "stem", images: 2, hasGradient: true)
  _ = tail.logits { stem[$0] ?? [] }
  let gradient = tail.gradient(of: 2)
  let largest = gradient.map(abs).max() ?? 0
  #expect(largest > 0)
  for i in stride(from: 0, to: gradient.count, by: 37) {
    let slope = tail.slope(stem, at: i, step: 1e-3)
    #expect(abs(Double(gradient[i]) - slope) < 0.01 * Double(largest) + 1e-4, "\(i)")
  }
}
