import Explain
import Glibc
import Testing

/// Full VGG-16, ResNet-50 and ViT-B/16 with seeded random weights against PyTorch's results on one photograph.
@Suite(
  .enabled(if: RandomModel.canBeMade, "needs ../shared and python3 with numpy"),
  .disabled(if: Emulation.isActive, Emulation.isTooSlow), .serialized)
struct GoldenRandomModelTests {
  @Test(arguments: ["vgg16", "resnet50", "vit_b_16"]) func agreesWithPyTorch(_ name: String) throws {
    let folder = try TemporaryFolder()
    let model = try RandomModel(name, in: folder)

    let float = try model.run(.float32, in: folder)
    #expect(float.logitsError < 1e-3)
    #expect(float.featureErrors.allSatisfy { $0 < 1e-3 })
    #expect(float.mapErrors.allSatisfy { $0 < 1e-3 }, "\(float.mapErrors)")

    let int8 = try model.run(.int8, in: folder)
    #expect(int8.logitsCorrelation >= 0.99, "\(int8.logitsCorrelation)")
    #expect(int8.mapCorrelations.allSatisfy { $0 >= 0.98 }, "\(int8.mapCorrelations)")
  }
}

/// Weights and head that `../shared/tools/make_random_model.py` has made, and what PyTorch says about them.
struct RandomModel {
  struct Result {
    var logitsError: Float
    var logitsCorrelation: Double
    var featureErrors: [Float]
    var mapErrors: [Float]
    var mapCorrelations: [Double]
  }

  static let canBeMade = Shared.isPresent && system("python3 -c 'import numpy' 2>/dev/null") == 0

  private let name: String
  private let golden: GoldenFile

  init(_ name: String, in folder: TemporaryFolder) throws {
    self.name = name
    golden = try GoldenFile(path: Shared.path("golden/random_models/\(name).safetensors"))
    let script = Shared.path("tools/make_random_model.py")
    let made = system("python3 '\(script)' \(name) 1 '\(folder.file("w"))' '\(folder.file("h"))' >/dev/null")
    try #require(made == 0)
  }

  func run(_ precision: Precision, in folder: TemporaryFolder) throws -> Result {
    var options = ImportOptions()
    options.head = .file(folder.file("h"))
    options.precision = precision
    _ = try importModel(from: folder.file("w"), to: folder.file("m"), options: options)
    let model = try Model(path: folder.file("m"))
    let session = Session(model: model)
    var input = [Float](repeating: 0, count: 224 * 224 * 3)
    let crop = Image(width: 224, height: 224, pixels: golden.u8("crops"))
    model.description.preprocessing.normalize(crop, into: &input)

    let classes = golden.ints("map_classes")
    let explanation = try session.explain(input) { _ in classes }
    let (logits, maps) = (golden.f32("logits"), golden.f32("c"))
    var result = Result(
      logitsError: relativeError(explanation.logits, logits),
      logitsCorrelation: correlation(explanation.logits, logits),
      featureErrors: [], mapErrors: [], mapCorrelations: [])
    for (i, map) in explanation.maps.enumerated() {
      let expected = Array(maps[i * map.values.count..<(i + 1) * map.values.count])
      result.mapErrors.append(relativeError(map.values, expected))
      result.mapCorrelations.append(correlation(map.values, expected))
    }
    let layers = model.description.featureLayers
    let features = try session.features(input, nodes: layers.map(\.node))
    for (i, layer) in layers.enumerated() {
      let shape = try #require(model.shapes[layer.node])
      let values = try #require(features[layer.node])
      // Positions are counted in [C, H, W], ours lie in [H, W, C].
      let sampled = golden.ints("feature.\(i).index").map { index in
        values[index % shape.pixels * shape.channels + index / shape.pixels]
      }
      result.featureErrors.append(relativeError(sampled, golden.f32("feature.\(i).value")))
    }
    return result
  }
}
