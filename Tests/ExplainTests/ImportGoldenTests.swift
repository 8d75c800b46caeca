@testable import Explain
import Foundation
import Testing

/// The published networks, against the facts that PyTorch gave about them.
@Suite(.disabled(if: Emulation.isRepeated, Emulation.ranBefore)) struct ImportGoldenTests {
  private struct Facts: Decodable {
    var layers: [String]
    /// `[images, channels, height, width]`
    var featureShapes: [[Int]]
    var preprocess: Preprocessing
  }

  private func facts(_ backbone: String) throws -> Facts {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(
      Facts.self, from: Data(contentsOf: URL(filePath: Shared.path("golden/\(backbone)/inference.json"))))
  }

  private func weights(_ backbone: String) throws -> String {
    backbone == "resnet50" ? try UnpackedResNet50.path() : Shared.path("models/\(backbone).safetensors")
  }

  @Test(
    .enabled(if: Shared.has("models/resnet50.safetensors.xz"), "needs ../shared"),
    arguments: Emulation.affordable(
      [
        ("efficientnet_lite0", 50, 4_631_000, 5_100_000), ("resnet50", 54, 25_530_472, 26_500_000),
        ("vgg16_imagenette", 14, 14_719_818, 15_100_000), ("vit_tiny_16", 50, 5_717_416, 6_300_000),
      ], of: "published weights"
    ) { $0.2 < 6_000_000 })
  func importsPublishedWeights(_ backbone: String, _ layers: Int, _ parameters: Int, _ mostBytes: Int) throws {
    let folder = try TemporaryFolder()
    var options = ImportOptions()
    let isImageNet = backbone != "vgg16_imagenette"
    options.labels = Shared.path("models/\(isImageNet ? "imagenet" : "imagenette")_labels.txt")
    let summary = try importModel(from: try weights(backbone), to: folder.file("a"), options: options)
    _ = try importModel(from: try weights(backbone), to: folder.file("b"), options: options)
    #expect(try folder.contents("a") == folder.contents("b"))
    #expect(summary.layers == layers && summary.parameters == parameters && summary.bytes < mostBytes)
    #expect(summary.worstRelativeError < 0.06)

    let model = try Model(path: folder.file("a"))
    let facts = try facts(backbone)
    #expect(model.description.preprocessing == facts.preprocess)
    #expect(model.description.featureLayers.map(\.name) == facts.layers)
    for (layer, shape) in zip(model.description.featureLayers, facts.featureShapes) {
      #expect(model.shapes[layer.node] == Shape(shape[2], shape[3], shape[1]))
    }
    #expect(model.description.labels.count == (isImageNet ? 1000 : 10) && model.description.labels[0] == "tench")
    #expect(model.description.head?.kind == (backbone == "vit_tiny_16" ? nil : .cam))
    #expect(!model.description.licence.isEmpty && !model.description.source.isEmpty)

    options.precision = .float32
    _ = try importModel(from: try weights(backbone), to: folder.file("f"), options: options)
    try compare(model, try Model(path: folder.file("f")))
  }

  /// Each int8 weight lies near its Float, channels keep their norms, and padding is zero in both.
  private func compare(_ int8: Model, _ float: Model) throws {
    for node in float.description.graph.nodes {
      guard let names = int8.names(node.name), let scale = names.scale else { continue }
      guard node.op is Convolution else {
        try compareDepthwise(int8, float, weight: names.weight, scale: scale)
        continue
      }
      let shape = try #require(int8.entry(names.weight)).shape
      let (panels, groups) = (shape[0], shape[1])
      let codes = int8.int8(names.weight)
      let floats = float.floats(names.weight)
      let seesPixels = node.inputs == [int8.description.graph.input]
      for n in 0..<panels * 16 {
        var (error, norm) = (0.0, 0.0)
        for k in 0..<4 * groups {
          let code = codes[(((n / 16) * groups + k / 4) * 16 + n % 16) * 4 + k % 4]
          let weight = floats[((n / 16) * 4 * groups + k) * 16 + n % 16]
          // The first layer of an int8 model sees pixels of three channels, filled up to four.
          let pixel = seesPixels && k % 4 < 3 ? 255 * Double(int8.description.preprocessing.std[k % 4]) : 1
          let difference = Double(weight) - Double(code) * Double(int8.floats(scale)[n]) * pixel
          error += difference * difference
          norm += Double(weight) * Double(weight)
          if code == -128 || (weight == 0 && code != 0) { Issue.record("\(node.name) \(n) \(k): \(code)") }
        }
        if error.squareRoot() > 0.08 * norm.squareRoot() {
          Issue.record("\(node.name) \(n): error \(error) of \(norm)")
        }
      }
    }
  }

  private func compareDepthwise(_ int8: Model, _ float: Model, weight: String, scale: String) throws {
    let shape = try #require(int8.entry(weight)).shape
    for tap in 0..<shape[0] {
      for n in 0..<shape[1] {
        let index = tap * shape[1] + n
        let value = Float(int8.int8(weight)[index]) * int8.floats(scale)[n]
        // Rounding chooses between the two neighbours; clipped values may be off by more.
        let tolerance = 1.01 * int8.floats(scale)[n] + 0.1 * float.floats(weight)[index].magnitude
        if (value - float.floats(weight)[index]).magnitude > tolerance {
          Issue.record("\(weight) \(tap) \(n): \(value) for \(float.floats(weight)[index])")
        }
      }
    }
  }

  @Test(.enabled(if: Shared.has("models/efficientnet_lite0.safetensors"), "needs ../shared"))
  func padsAsTensorFlowDoes() throws {
    let folder = try TemporaryFolder()
    var options = ImportOptions()
    for (crop, padding, size) in [(224, [0, 0, 1, 1], 112), (225, [1, 1, 1, 1], 113)] {
      (options.crop, options.resize) = (PixelSize(side: crop), 256)
      let path = try weights("efficientnet_lite0")
      let description = try importModel(from: path, to: folder.file("m"), options: options).description
      guard let stem = description.graph.nodes[0].op as? Convolution else {
        Issue.record("the stem is no convolution")
        return
      }
      #expect([stem.window.top, stem.window.left, stem.window.bottom, stem.window.right] == padding)
      #expect(try description.graph.inferShapes()["conv_stem"] == Shape(size, size, 32))
    }
  }

  /// Anonymous memory at any moment of an import of 100 MB; other tests run beside, so the least of three counts.
  @Test(
    .enabled(if: Shared.has("models/resnet50.safetensors.xz"), "needs ../shared"),
    .disabled(if: Emulation.isActive, "an emulator takes memory of its own"))
  func streamsLayerByLayer() throws {
    let folder = try TemporaryFolder()
    var options = ImportOptions()
    options.precision = .float32
    let growths = try (0..<3).map { _ in
      let before = try anonymousBytes()
      var most = before
      _ = try importModel(from: try UnpackedResNet50.path(), to: folder.file("m"), options: options) { _ in
        most = max(most, (try? anonymousBytes()) ?? .max)
      }
      return most - before
    }
    #expect((growths.min() ?? .max) < 24 << 20, "\(growths)")
  }

  private func anonymousBytes() throws -> Int {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("RssAnon:") })
    return try #require(Int(line.split(separator: " ").dropLast().last ?? "")) << 10
  }
}
