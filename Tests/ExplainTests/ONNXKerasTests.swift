import Foundation
import Testing

@testable import Explain

/// Networks of `Fixtures/onnx/keras`, by `Tools/onnx/keras_networks.py`: channels last, padding in layers of its own, BatchNorm as
/// products and sums.
@Suite struct ONNXKerasTests {
  private static let fixtures = "\(ONNXFixture.folder)/keras"
  private static let names = [
    "mobilenet", "mobilenet_v2", "mobilenet_v3", "efficientnet", "densenet", "resnet_v2", "inception", "xception",
    "vgg", "transposed", "tflite",
  ]
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func imported(_ name: String, _ precision: Precision = .int8) throws -> Model {
    var options = ImportOptions()
    options.precision = precision
    _ = try importModel(from: "\(Self.fixtures)/\(name).onnx", to: folder.file("m"), options: options)
    return try Model(path: folder.file("m"))
  }

  @Test func everyFixtureHasItsTests() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: Self.fixtures).filter { $0.hasSuffix(".onnx") }
    #expect(Set(files) == Set(Self.names.map { "\($0).onnx" }))
  }

  /// The picture is as large as the input, so preprocessing only normalises.
  @Test(arguments: names, Precision.allCases) func logitsAreONNXRuntimes(_ name: String, _ precision: Precision) throws
  {
    let expected = try #require(
      try JSONDecoder().decode(
        [String: [Float]].self, from: Data(contentsOf: URL(filePath: Self.fixtures + "/expected.json")))[name])
    let model = try imported(name, precision)
    let rule = model.description.preprocessing
    var whole = rule
    whole.fit = .squash
    let crop = whole.crop(Image(width: 32, height: 32, pixels: noise(3 * 32 * 32))).image
    let found = try Session(model: model, threads: 1).classify(MethodInput(crop, rule).values)
    let logits = LogitComparison(found, expected)
    switch precision {
    case .float32: #expect(found.count == 7 && logits.error < 1e-4, "\(logits)")
    case .int8: #expect(logits.cosine > (Fixtures.hasSevenBits ? 0.99 : 0.995), "\(logits)")
    }
  }

  @Test(
    arguments: [
      ("mobilenet_v3", .rgb, [0.5, 0.5, 0.5], [0.5, 0.5, 0.5]),
      ("efficientnet", .rgb, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
      ("vgg", .bgr, [0.48502, 0.45796, 0.40760], [0.0039216, 0.0039216, 0.0039216]),
    ] as [(String, ColorOrder, [Float], [Float])])
  func graphsThatNormaliseAreFolded(_ name: String, _ color: ColorOrder, _ mean: [Float], _ std: [Float]) throws {
    let rule = try imported(name).description.preprocessing
    #expect(rule.color == color && rule.crop == 32)
    #expect(zip(rule.mean + rule.std, mean + std).allSatisfy { abs($0 - $1) < 1e-5 }, "\(rule.mean) \(rule.std)")
  }

  /// Pairs of TensorFlow Lite begin with 0 behind ReLU6 alone; their Clip stays where the file has it.
  @Test func quantizedFilesKeepTheirClips() throws {
    let functions = try imported("tflite").description.graph.nodes.compactMap { ($0.op as? Activation)?.function.name }
    #expect(functions == [String](repeating: "relu6", count: 10))
  }

  /// A product and a sum behind a convolution are part of it.
  @Test func writtenNormalizationsAreFolded() throws {
    for (name, layers) in [("mobilenet", 8), ("mobilenet_v2", 15)] {
      let nodes = try imported(name).description.graph.nodes
      #expect(nodes.filter { $0.op is Convolution || $0.op is DepthwiseConvolution }.count == layers)
    }
  }

  @Test func classifiersThatEndInPoolingHaveClassActivationMaps() throws {
    for name in Self.names where name != "vgg" {
      #expect(try imported(name).description.head?.kind == .cam, "\(name)")
    }
  }
}
