import Foundation
import Testing

@testable import Explain

/// Networks of `Fixtures/onnx/inputs`, by `Tools/onnx/inputs.py`: one channel, height other than width, and graphs that normalise.
@Suite struct ONNXInputTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static let fixtures = "\(ONNXFixture.folder)/inputs"

  private func imported(_ name: String, _ change: (inout ImportOptions) -> Void = { _ in }) throws -> Model {
    var options = ImportOptions()
    change(&options)
    _ = try importModel(from: "\(Self.fixtures)/\(name).onnx", to: folder.file("m"), options: options)
    return try Model(path: folder.file("m"))
  }

  /// Networks whose pixels are divided by 255, and no more.
  private static let ofOnes = ["gray", "gray_tall", "open", "negative"]
  private static let names =
    ofOnes + [
      "wide", "bytes_normalised", "ones_normalised", "plus_minus_one", "mean_subtracted", "batch_norm",
      "reversed_gather", "reversed_slice", "from_bytes", "refined",
    ]

  /// The picture is as large as the input, so preprocessing only normalises.
  @Test(arguments: names, Precision.allCases) func logitsAreONNXRuntimes(_ name: String, _ precision: Precision) throws
  {
    let expected = try #require(
      try JSONDecoder().decode(
        [String: [Float]].self, from: Data(contentsOf: URL(filePath: Self.fixtures + "/expected.json")))[name])
    let model = try imported(name) {
      $0.precision = precision
      if Self.ofOnes.contains(name) { ($0.mean, $0.std) = ([0], [1]) }
    }
    let rule = model.description.preprocessing
    #expect(model.description.graph.inputShape == Shape(rule.crop.height, rule.crop.width, rule.channels))
    let (width, height) = (rule.crop.width, rule.crop.height)
    var whole = rule
    whole.fit = .squash
    let crop = whole.crop(Image(width: width, height: height, pixels: noise(3 * width * height))).image
    let found = try Session(model: model, threads: 1).classify(MethodInput(crop, rule).values)
    let logits = LogitComparison(found, expected)
    switch precision {
    case .float32: #expect(logits.error < 1e-4, "\(logits)")
    case .int8: #expect(logits.cosine > 0.995, "\(logits)")
    }
  }

  /// What the graph does is done by preprocessing, and no node of it is left.
  @Test(
    arguments: [
      ("bytes_normalised", .rgb, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
      ("ones_normalised", .rgb, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
      ("plus_minus_one", .rgb, [0.5, 0.5, 0.5], [0.5, 0.5, 0.5]),
      ("mean_subtracted", .rgb, [0.48502, 0.45796, 0.40760], [0.0039216, 0.0039216, 0.0039216]),
      ("reversed_gather", .bgr, [0.48502, 0.45796, 0.40760], [0.0039216, 0.0039216, 0.0039216]),
      ("from_bytes", .rgb, [0, 0, 0], [1, 1, 1]),
      // Where the graph's factor is below 0, its nodes stay.
      ("negative", .rgb, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
    ] as [(String, ColorOrder, [Float], [Float])])
  func graphsThatNormaliseAreFolded(_ name: String, _ color: ColorOrder, _ mean: [Float], _ std: [Float]) throws {
    let description = try imported(name).description
    let rule = description.preprocessing
    #expect(rule.color == color)
    #expect(zip(rule.mean + rule.std, mean + std).allSatisfy { abs($0 - $1) < 1e-5 }, "\(rule.mean) \(rule.std)")
    let first = try #require(description.graph.nodes.first { $0.inputs == [description.graph.input] })
    #expect((first.op is Convolution) == (name != "negative"))
  }

  /// Options describe what the graph is fed.
  @Test func optionsComeBeforeTheGraph() throws {
    let rule = try imported("plus_minus_one") {
      ($0.mean, $0.std, $0.color) = ([0.25], [0.5], .bgr)
    }.description.preprocessing
    // x = (p - 0.25) / 0.5; x / 127.5 - 1 = (p - 64) / 63.75.
    #expect(rule.color == .bgr && abs(rule.mean[0] - 64) < 1e-3 && abs(rule.std[0] - 63.75) < 1e-3)
  }

  @Test func openSizesComeFromMetadataOrOptions() throws {
    #expect(try imported("open").description.preprocessing.crop == PixelSize(width: 40, height: 24))
    let chosen = try imported("open") { $0.crop = PixelSize(width: 32, height: 48) }
    #expect(chosen.description.graph.inputShape == Shape(48, 32, 3))
    #expect(throws: ImportError.unsupportedCrop(32, reason: "the graph reads 40 x 16 pixels")) {
      try imported("wide") { $0.crop = 32 }
    }
    #expect(throws: ImportError.wrongColor(.gray, channels: 3)) { try imported("wide") { $0.color = .gray } }
    #expect(throws: ImportError.wrongColor(.bgr, channels: 1)) { try imported("gray") { $0.color = .bgr } }
  }

  @Test func ultralyticsTellsClassesAndPreprocessing() throws {
    let description = try imported("open").description
    #expect(description.labels == ["cat", "bird's", "a, b", "caf\u{E9}", "dog"])
    #expect(description.licence.hasPrefix("AGPL"))
    var expected = Preprocessing(
      resize: 24, crop: PixelSize(width: 40, height: 24), interpolation: .bilinear, mean: [0, 0, 0], std: [1, 1, 1])
    expected.fill = [114, 114, 114]
    #expect(description.preprocessing == expected)
  }

  @Test func presetsFitOneChannel() throws {
    let rule = try imported("gray") { $0.preset = .caffe }.description.preprocessing
    #expect(rule.color == .gray && rule.fit == .squash && rule.mean.count == 1)
    #expect(abs(rule.mean[0] - 0.4494) < 1e-3 && abs(rule.std[0] - 1 / 255) < 1e-6)
  }
}
