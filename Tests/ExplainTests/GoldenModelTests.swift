import Explain
import FoundationEssentials
import Glibc
import Kernels
import Synchronization
import Testing

/// Real classifiers against PyTorch's float32 results on three photographs, with the stored (random) attention head.
@Suite(.enabled(if: Shared.isPresent, "../shared with the golden files is not here")) struct GoldenModelTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var weights: String
    /// Least correlation of int8 logits with PyTorch's float32 ones.
    var int8Logits = 0.999
    /// Whether import and passes take seconds even under emulation.
    var isSmall = false
    /// Head branches and logits of the Float path: largest error over the largest value of the reference.
    var floatTolerance: Float = 1e-3
    var testDescription: String { name }
  }

  static let cases = [
    Case(name: "efficientnet_lite0", weights: "models/efficientnet_lite0.safetensors", isSmall: true),
    Case(name: "resnet50", weights: "models/resnet50.safetensors.xz"),
    Case(name: "vgg16_imagenette", weights: "models/vgg16_imagenette.safetensors"),
    Case(name: "vit_tiny_16", weights: "models/vit_tiny_16.safetensors", int8Logits: 0.995, isSmall: true),
  ]

  @Test(arguments: Emulation.affordable(cases, of: "golden models, Float") { $0.isSmall })
  func floatPathEqualsPyTorch(_ model: Case) throws {
    let golden = try Comparison(model, precision: .float32)
    for image in 0..<3 {
      let result = try golden.compare(image)
      #expect(result.isTopClassEqual)
      #expect(result.logitsError < model.floatTolerance, "image \(image)")
      #expect(result.mapErrors.allSatisfy { $0 < model.floatTolerance }, "image \(image): \(result.mapErrors)")
      #expect(result.mapCorrelations.allSatisfy { $0 > 0.9999 })
      #expect(result.featureCorrelations.allSatisfy { $0 > 0.99999 })
    }
  }

  @Test(
    arguments: Emulation.affordable(cases, of: "golden models, int8") { $0.isSmall },
    Emulation.affordable(CPUTier.available.filter { $0 != .reference }, of: "golden models, int8") { $0 == .best })
  func int8StaysClose(_ model: Case, _ tier: CPUTier) throws {
    let golden = try Comparison(model, precision: .int8, tier: tier)
    let bars = Bars(model, tier)
    for image in 0..<3 {
      let result = try golden.compare(image)
      if !bars.permitsTies { #expect(result.isTopClassEqual) }
      #expect(result.logitsCorrelation >= bars.logits)
      #expect(result.mapCorrelations.allSatisfy { $0 >= bars.maps }, "\(result.mapCorrelations)")
      #expect(result.featureCorrelations.allSatisfy { $0 >= bars.features })
    }
  }

  /// Least correlations of the int8 path.
  struct Bars {
    var logits: Double
    var maps = 0.99
    var features = 0.99
    /// One golden photograph's two best classes lie 0.6 % apart.
    var permitsTies = false

    init(_ model: Case, _ tier: CPUTier) {
      logits = model.int8Logits
      // Without an integer dot product activations have seven bits.
      if tier < .avxvnni { (logits, maps, features, permitsTies) = (min(logits, 0.998), 0.975, 0.98, true) }
    }
  }

  /// The scalar specification of the int8 path, end to end, once.
  @Test func referenceTierAgrees() throws {
    let golden = try Comparison(Self.cases[0], precision: .int8, tier: .reference)
    let fast = try Comparison(Self.cases[0], precision: .int8)
    let (expected, logits) = (try golden.logits(0), try fast.logits(0))
    // Float sums round differently, and a rounded activation may then fall to the other side. The reference has eight bits.
    #expect(correlation(expected, logits) > (Fixtures.hasSevenBits ? 0.998 : 0.9995))
  }
}

/// One imported model beside its golden results.
struct Comparison {
  struct Result {
    var isTopClassEqual: Bool
    var logitsError: Float
    var logitsCorrelation: Double
    var mapErrors: [Float]
    var mapCorrelations: [Double]
    /// Of image 0 only.
    var featureCorrelations: [Double]
  }

  let golden: GoldenFile
  private let session: Session

  init(_ model: GoldenModelTests.Case, precision: Precision, tier: CPUTier? = nil) throws {
    golden = try GoldenFile(path: Shared.path("golden/\(model.name)/inference.safetensors"))
    let path = try ImportedModels.path(model.weights, golden: model.name, precision: precision)
    session = Session(model: try Model(path: path), tier: tier)
  }

  private func input(_ image: Int) throws -> [Float] {
    var input = [Float](repeating: 0, count: 224 * 224 * 3)
    let crop = Image(width: 224, height: 224, pixels: golden.crop(image))
    session.model.description.preprocessing.normalize(crop, into: &input)
    return input
  }

  func logits(_ image: Int) throws -> [Float] { try session.classify(try input(image)) }

  func compare(_ image: Int) throws -> Result {
    let input = try input(image)
    let explanation = try session.explain(input) { _ in golden.mapClasses(image) }
    var result = golden.compare(image, logits: explanation.logits, maps: explanation.maps.map(\.values))
    if image == 0 {
      let layers = session.model.description.featureLayers
      let features = try session.features(input, nodes: layers.map(\.node))
      for (index, layer) in layers.enumerated() {
        let expected = golden.f32("feature.\(index)")
        let shape = try #require(session.model.shapes[layer.node])
        result.featureCorrelations.append(
          correlation(try #require(features[layer.node]), channelsLast(expected, shape)))
      }
    }
    return result
  }
}

extension GoldenFile {
  /// The pixels of what the network sees of an image, `[224, 224, 3]`.
  func crop(_ image: Int) -> [UInt8] {
    let count = 224 * 224 * 3
    return Array(u8("crops")[image * count..<(image + 1) * count])
  }

  /// The two classes of an image that are explained.
  func mapClasses(_ image: Int) -> [Int] { Array(ints("map_classes")[2 * image..<2 * image + 2]) }

  /// Logits and maps of an image beside PyTorch's.
  func compare(_ image: Int, logits found: [Float], maps: [[Float]]) -> Comparison.Result {
    let allLogits = f32("logits")
    let perImage = allLogits.count / 3
    let logits = Array(allLogits[image * perImage..<(image + 1) * perImage])
    let allMaps = f32("c")
    let perMap = allMaps.count / 6
    var result = Comparison.Result(
      isTopClassEqual: topClass(found) == topClass(logits), logitsError: relativeError(found, logits),
      logitsCorrelation: correlation(found, logits), mapErrors: [], mapCorrelations: [], featureCorrelations: [])
    for (i, map) in maps.enumerated() {
      let expected = Array(allMaps[(2 * image + i) * perMap..<(2 * image + i + 1) * perMap])
      result.mapErrors.append(relativeError(map, expected))
      result.mapCorrelations.append(correlation(map, expected))
    }
    return result
  }
}

/// `[C, H, W]` as `[H, W, C]`.
private func channelsLast(_ values: [Float], _ shape: Shape) -> [Float] {
  var result = values
  for c in 0..<shape.channels {
    for p in 0..<shape.pixels { result[p * shape.channels + c] = values[c * shape.pixels + p] }
  }
  return result
}

func topClass(_ logits: [Float]) -> Int? { logits.indices.max { logits[$0] < logits[$1] } }

/// Largest difference over the largest value of the reference.
func relativeError(_ values: [Float], _ reference: [Float]) -> Float {
  guard values.count == reference.count, let largest = reference.map(abs).max() else { return .infinity }
  let worst = zip(values, reference).map { abs($0 - $1) }.reduce(0) { $1.isNaN ? .infinity : max($0, $1) }
  return worst / largest
}

/// Pearson's r.
func correlation(_ a: [Float], _ b: [Float]) -> Double {
  guard a.count == b.count, !a.isEmpty else { return .nan }
  let (meanA, meanB) = (
    a.reduce(0.0) { $0 + Double($1) } / Double(a.count), b.reduce(0.0) { $0 + Double($1) } / Double(a.count)
  )
  var (ab, aa, bb) = (0.0, 0.0, 0.0)
  for (x, y) in zip(a, b) {
    let (dx, dy) = (Double(x) - meanA, Double(y) - meanB)
    ab += dx * dy
    aa += dx * dx
    bb += dy * dy
  }
  return ab / (aa * bb).squareRoot()
}

/// Models imported once per test run into a temporary folder.
enum ImportedModels {
  private static let imports = Mutex(())
  private static let folder = Result { try TemporaryFolder.untilExit() }

  /// Path of a model made from `../shared/WEIGHTS` with the head of `../shared/golden/NAME`.
  ///
  /// - Parameter fit: nil as the network reads pictures.
  static func path(_ weights: String, golden: String, precision: Precision, fit: Fit? = nil) throws -> String {
    try imports.withLock { _ in try importOnce(weights, golden: golden, precision: precision, fit) }
  }

  private static func importOnce(
    _ weights: String, golden: String, precision: Precision, _ fit: Fit?
  ) throws -> String {
    let suffix = fit.map { "-\($0.rawValue)" } ?? ""
    let output = try folder.get().file("\(golden)-\(precision.rawValue)\(suffix).safetensors")
    if access(output, R_OK) == 0 { return output }
    let source = golden == "resnet50" ? try UnpackedResNet50.path() : Shared.path(weights)
    var options = ImportOptions()
    options.head = .file(Shared.path("golden/\(golden)/inference.safetensors"))
    options.precision = precision
    options.fit = fit
    _ = try importModel(from: source, to: output, options: options)
    return output
  }
}
