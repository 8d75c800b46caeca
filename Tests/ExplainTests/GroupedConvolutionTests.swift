import Foundation
import Kernels
import Testing

@testable import Explain

/// A small network of grouped and dilated convolutions, imported as an architecture would be, against the definition.
@Suite struct GroupedConvolutionTests {
  private struct Layer {
    var name: String
    var outputs: Int
    var groups = 1
    var stride = 1
    var dilation = 1
    var isDepthwise = false
    var isNormalized = false
    /// ReLU behind it.
    var isRectified = true
    var padding: Int { dilation }
  }

  /// 3 x 3 each. The third's groups end in another block of 256 channels, and its panels hold parts of two groups.
  private static let layers = [
    Layer(name: "stem", outputs: 32, dilation: 2),
    Layer(name: "narrow", outputs: 360, groups: 8, isNormalized: true),
    Layer(name: "wide", outputs: 60, groups: 5, stride: 2),
    Layer(name: "apart", outputs: 36, groups: 3, dilation: 2, isRectified: false),
    Layer(name: "depthwise", outputs: 36, groups: 36, dilation: 3, isDepthwise: true),
  ]
  private static let size = 10
  private static let classes = 5
  private static let preprocessing = Preprocessing(
    resize: 12, crop: PixelSize(side: size), interpolation: .bilinear, mean: [0.4, 0.5, 0.6], std: [0.25, 0.2, 0.3])

  private static let weights: SyntheticWeights = {
    var shapes: [String: [Int]] = [:]
    var channels = 3
    for layer in layers {
      shapes["\(layer.name).weight"] = [layer.outputs, channels / layer.groups, 3, 3]
      if layer.isNormalized {
        for tensor in ["weight", "bias", "running_mean", "running_var"] { shapes["bn.\(tensor)"] = [layer.outputs] }
      } else {
        shapes["\(layer.name).bias"] = [layer.outputs]
      }
      channels = layer.outputs
    }
    shapes["fc.weight"] = [classes, channels]
    shapes["fc.bias"] = [classes]
    return SyntheticWeights(shapes: shapes)
  }()

  private let folder: TemporaryFolder
  private let values: [String: [Float]]

  init() throws {
    folder = try TemporaryFolder()
    values = try Self.weights.writeRandom(folder.file("weights"), seed: 3)
  }

  private func model(_ precision: Precision) throws -> Model {
    let state = StateDict(try WeightFiles(path: folder.file("weights")))
    var graph = GraphBuilder(state: state, inputShape: Shape(Self.size, Self.size, 3), precision: precision)
    var x = graph.input
    for layer in Self.layers {
      let norm = layer.isNormalized ? BatchNorm(name: "bn", epsilon: 1e-5) : nil
      if layer.isDepthwise {
        x = try graph.depthwiseConvolution(
          layer.name, x, kernel: 3, padding: .symmetric(layer.padding), dilation: layer.dilation, normalization: norm)
      } else {
        x = try graph.convolution(
          layer.name, x, outputChannels: layer.outputs, kernel: 3, stride: layer.stride,
          padding: .symmetric(layer.padding), dilation: layer.dilation, groups: layer.groups, normalization: norm)
      }
      if layer.isRectified { x = try graph.activation("\(layer.name).relu", x, .relu) }
    }
    x = try graph.globalAveragePool("mean", x)
    x = try graph.linear("fc", x, outputs: Self.classes)
    try graph.finish()
    try graph.expectActivations()
    if precision == .int8 { graph.readPixels(Self.preprocessing.pixelLevels) }
    let description = ModelDescription(
      name: "grouped", architecture: "grouped", precision: precision,
      graph: Graph(input: graph.input, inputShape: graph.inputShape, nodes: graph.nodes, output: x), featureLayers: [],
      preprocessing: Self.preprocessing, labels: [], classes: Self.classes, head: nil, licence: "", source: "")
    _ = try write(description, graph, nil, to: folder.file("model"))
    return try Model(path: folder.file("model"))
  }

  /// A picture of whole pixels, normalised.
  private static let picture: [Float] = {
    var random = SplitMix64(state: 5)
    return (0..<size * size * 3).map { i in
      let pixel = (127.5 * (1 + random.signedUnit())).rounded()
      return (pixel / 255 - preprocessing.mean[i % 3]) / preprocessing.std[i % 3]
    }
  }()

  /// What the layers yield, each sum in Double straight from the definition.
  private func expected() -> [String: [Double]] {
    var (height, channels) = (Self.size, 3)
    var x = Self.picture.map(Double.init)
    var results: [String: [Double]] = [:]
    for layer in Self.layers {
      let side = (height + 2 * layer.padding - 2 * layer.dilation - 1) / layer.stride + 1
      let (weight, inputs) = (values["\(layer.name).weight"]!, channels / layer.groups)
      var y: [Double] = []
      for pixel in 0..<side * side {
        for n in 0..<layer.outputs {
          var sum = 0.0
          for tap in 0..<9 {
            let row = pixel / side * layer.stride - layer.padding + tap / 3 * layer.dilation
            let column = pixel % side * layer.stride - layer.padding + tap % 3 * layer.dilation
            guard (0..<height).contains(row), (0..<height).contains(column) else { continue }
            for c in 0..<inputs {
              let source = (row * height + column) * channels + n / (layer.outputs / layer.groups) * inputs + c
              sum += x[source] * Double(weight[(n * inputs + c) * 9 + tap])
            }
          }
          if layer.isNormalized {
            func norm(_ tensor: String) -> Double { Double(values["bn.\(tensor)"]![n]) }
            sum =
              (sum - norm("running_mean")) / (norm("running_var") + 1e-5).squareRoot() * norm("weight") + norm("bias")
          } else {
            sum += Double(values["\(layer.name).bias"]![n])
          }
          y.append(layer.isRectified ? max(sum, 0) : sum)
        }
      }
      (x, height, channels) = (y, side, layer.outputs)
      results[layer.isRectified ? "\(layer.name).relu" : layer.name] = y
    }
    return results
  }

  /// Root of the mean squares of the differences, as a share of the values'.
  private func error(_ found: [Float], _ expected: [Double]) -> Double {
    let squares = zip(found, expected).reduce(0.0) { $0 + (Double($1.0) - $1.1) * (Double($1.0) - $1.1) }
    return (squares / expected.reduce(0.0) { $0 + $1 * $1 }).squareRoot()
  }

  @Test(arguments: Precision.allCases) func layersAreTheDefinition(_ precision: Precision) throws {
    let model = try model(precision)
    let expected = expected()
    for tier in CPUTier.available {
      for threads in [1, 3] {
        let session = Session(model: model, tier: tier, threads: threads)
        // One by one, so that all other results take the way of levels.
        for (node, values) in expected {
          let found = try #require(try session.features(Self.picture, nodes: [node])[node])
          #expect(found.count == values.count)
          #expect(error(found, values) < (precision == .int8 ? 0.03 : 1e-6), "\(node) on \(tier)")
        }
      }
    }
  }

  /// The means that BatchNorm promises for the inputs of `wide` make up for what its codes lose.
  @Test func biasesAreCorrectedByTheMeansOfTheGroup() throws {
    let (float, int8) = (try model(.float32), try model(.int8))
    let node = try #require(int8.description.graph.nodes.first { $0.name == "wide" })
    let convolution = try #require(node.op as? Convolution)
    let floatNode = try #require(float.description.graph.nodes.first { $0.name == "wide" })
    let (levels, weights) = (
      LayerRows(int8, node: node, convolution, channels: 360),
      LayerRows(float, node: floatNode, try #require(floatNode.op as? Convolution), channels: 360)
    )
    var largest = 0.0
    for n in 0..<60 {
      var lost = 0.0
      weights.read(n) { weights in
        levels.read(n) { levels in
          for i in 0..<9 * 72 {
            let channel = n / 12 * 72 + i % 72
            let (mean, deviation) = (values["bn.bias"]![channel], values["bn.weight"]![channel])
            let moments = clippedNormalMoments(
              mean: Double(mean), deviation: Double(deviation.magnitude), upper: .infinity)
            lost += Double(weights[i] - levels[i]) * moments.mean
          }
        }
      }
      let correction = Double(int8.floats("wide.bias")[n]) - Double(values["wide.bias"]![n])
      #expect(abs(correction - lost) < 1e-5)
      largest = max(largest, abs(correction))
    }
    #expect(largest > 1e-4)
  }

  @Test(arguments: ["stem", "narrow", "wide", "apart"]) func gradientsAreDifferences(_ node: String) throws {
    let session = Session(model: try model(.float32), threads: 2)
    let tail = try ClassifierTail(session, behind: node, images: 1, hasGradient: true)
    let features = try #require(try session.features(Self.picture, nodes: [node])[node])
    func logit(_ i: Int, _ step: Float) -> Double {
      Double(tail.logits({ _ in features }, changing: { $1[i] += step })[2])
    }
    _ = tail.logits({ _ in features })
    let gradient = tail.gradient(of: 2)
    let largest = Double(gradient.map(\.magnitude).max() ?? 0)
    #expect(largest > 0)
    for i in stride(from: 0, to: features.count, by: max(1, features.count / 97)) {
      // Clear of the corner of the ReLU behind it.
      guard abs(features[i]) > 0.02 else { continue }
      let difference = (logit(i, 0.01) - logit(i, -0.01)) / 0.02
      #expect(abs(Double(gradient[i]) - difference) < 0.03 * largest + 1e-5, "\(node) \(i)")
    }
  }
}
