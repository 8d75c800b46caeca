import Testing

@testable import Explain

/// The map of a classifier of brightness is hot where a dark picture has its bright spot, however the picture is fitted.
@Suite struct MarkedImageTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static let networks = ["spot_square", "spot_wide", "spot_tall", "spot_gray"]

  private func model(_ name: String, _ precision: Precision) throws -> Model {
    var options = ImportOptions()
    (options.precision, options.mean, options.std) = (precision, [0], [1])
    _ = try importModel(from: "\(ONNXFixture.folder)/inputs/\(name).onnx", to: folder.file("m"), options: options)
    return try Model(path: folder.file("m"))
  }

  /// Black, with a white square of 7 x 7 around a place.
  private func picture(_ size: PixelSize, x: Int, y: Int) -> Image {
    var image = Image(width: size.width, height: size.height, filledWith: Ink(0, 0, 0))
    image.place(Image(width: 7, height: 7, filledWith: Ink(255, 255, 255)), x: x - 3, y: y - 3)
    return image
  }

  /// The place lies off the centre, but in all that any network sees of the picture.
  private static let pictures = [
    (PixelSize(width: 120, height: 60), 66, 24), (PixelSize(width: 60, height: 120), 36, 53),
    (PixelSize(width: 90, height: 90), 51, 38), (PixelSize(width: 24, height: 20), 16, 7),
  ]

  @Test(arguments: networks, Fit.allCases) func theMapIsHotAtTheSpot(_ name: String, _ fit: Fit) throws {
    for precision in Precision.allCases {
      let model = try model(name, precision)
      var rule = model.description.preprocessing
      // Bars are black like the ground.
      (rule.fit, rule.fill) = (fit, [0, 0, 0])
      let session = Session(model: model, threads: 1)
      for (size, x, y) in Self.pictures {
        let (crop, region) = rule.crop(picture(size, x: x, y: y))
        let explanation = try session.explain(MethodInput(crop, rule).values) { _ in [1] }
        let map = try #require(explanation.maps.first).normalized()
        let layer = SaliencyLayer(
          map, crop: PixelSize(crop), region: region, width: size.width, height: size.height)
        let found = layer.statistics
        // A pixel of the map is two of the input.
        let across = 2 * region.width / Double(rule.crop.width)
        let down = 2 * region.height / Double(rule.crop.height)
        let isNear = abs(Double(found.x) - Double(x)) <= across + 3 && abs(Double(found.y) - Double(y)) <= down + 3
        #expect(isNear, "\(precision) \(size): \(found.x), \(found.y) for \(x), \(y)")
      }
    }
  }

  /// Other methods lay their maps over the same input.
  @Test(arguments: ["spot_wide", "spot_gray"], [MethodName.cam, .gradCAM, .layerCAM, .scoreCAM, .ablationCAM])
  func methodsAgree(_ name: String, _ method: MethodName) throws {
    let model = try model(name, .int8)
    var rule = model.description.preprocessing
    (rule.fit, rule.fill) = (.letterbox, [0, 0, 0])
    let explainer = try method.makeMethod(Session(model: model, threads: 1), MethodOptions())
    let (crop, region) = rule.crop(picture(PixelSize(width: 120, height: 60), x: 20, y: 45))
    let map = try #require(explainer.explain(MethodInput(crop, rule), classes: { _ in [1] }).maps.first)
    let layer = SaliencyLayer(
      map.normalized(), crop: PixelSize(crop), region: region, width: 120, height: 60)
    let found = layer.statistics
    #expect(abs(found.x - 20) <= 8 && abs(found.y - 45) <= 8, "\(found.x), \(found.y)")
  }

  @Test(arguments: ["spot_tall", "spot_gray"]) func masksHaveTheShapeOfTheInput(_ name: String) throws {
    let model = try model(name, .int8)
    let rule = model.description.preprocessing
    var options = MethodOptions()
    options.masks = 20
    let rise = RISE(Session(model: model, threads: 1), options)
    let crop = rule.crop(picture(PixelSize(width: 120, height: 60), x: 60, y: 30)).image
    let map = try #require(rise.explain(MethodInput(crop, rule), classes: { _ in [1] }).maps.first)
    #expect(map.width == rule.crop.width && map.height == rule.crop.height && map.values.contains { $0 > 0 })
  }

  /// Metrics that change pixels see the same image: nothing is removed, and the prediction stays.
  @Test(arguments: ["spot_wide", "spot_gray"]) func metricsReadTheInput(_ name: String) throws {
    let model = try model(name, .float32)
    let rule = model.description.preprocessing
    let session = Session(model: model, threads: 1)
    let crop = rule.crop(Image(width: 64, height: 32, pixels: noise(3 * 64 * 32))).image
    let logits = try session.classify(MethodInput(crop, rule).values)
    let probability = Double(session.probabilities(logits)[1])
    let ones = SaliencyMap(width: 64, height: 32, values: [Float](repeating: 1, count: 64 * 32))
    let masked = try session.maskedProbabilities(of: 1, under: ones, crop: crop)
    #expect(abs(Double(try #require(masked[.all])) - probability) < 1e-5)
    // The curve of one step runs from the mean colour, here black, to all of the image.
    let none = Double(session.probabilities(try session.classify([Float](repeating: 0, count: rule.inputCount)))[1])
    let area = try session.causalArea(.deletion, of: 1, under: ones, crop: crop, steps: 1)
    #expect(abs(area - (probability + none) / 2) < 1e-5)
    #expect(try session.road(of: 1, under: ones, crop: crop, seed: 1, image: 0).survives.count == 2)
  }
}
