import FoundationEssentials
import Glibc
import Testing

@testable import Explain

/// Given maps, measured by public implementations: `Tools/golden-metrics.py` has the same formulas.
@Suite struct MetricGoldenTests {
  private struct Expected: Decodable {
    let energy, rankEnergy: Double
    let pointing: Bool?
    let pointing15: Bool
    let iou: Double?
    let again: String
    let drop, coherency, complexity, adcc: Double
    let saco, rankSaco, patchDeletion, rankPatchDeletion: Double
  }

  private static let width = 40
  private static let height = 32
  private static let channels = 3
  private static let names = ["blob", "waves", "slope", "steps", "scatter"]
  private let expected: [String: Expected]

  init() throws {
    let path = "\(Fixtures.package)/Tests/Fixtures/metrics/expected.json"
    expected = try JSONDecoder().decode([String: Expected].self, from: Data(fileBytes(path)))
  }

  private static func values(_ of: (_ x: Int, _ y: Int) -> Int) -> [Int] {
    (0..<width * height).map { of($0 % width, $0 / width) }
  }

  private static func saliency(_ name: String) -> SaliencyMap {
    let integers =
      switch name {
      case "blob": values { x, y in max(0, 1000 - 2 * (x - 13) * (x - 13) - 3 * (y - 9) * (y - 9)) }
      case "waves": values { x, y in (3 * x * x + 5 * y * y + 7 * x * y) % 97 }
      case "slope": values { x, y in 31 * x * width + y + 5 * y * height }
      case "steps": values { x, y in x / 8 + y / 8 }
      default: values { x, y in (y * width + x) * 769 % (width * height) }
      }
    let largest = Float(integers.max() ?? 1)
    return SaliencyMap(width: width, height: height, values: integers.map { Float($0) / largest })
  }

  private static func box(_ name: String) -> PixelBox {
    switch name {
    case "blob": PixelBox(x0: 5, y0: 3, x1: 21, y1: 17)
    case "waves": PixelBox(x0: 11, y0: 8, x1: 30, y1: 30)
    case "slope": PixelBox(x0: 20, y0: 2, x1: 38, y1: 20)
    case "steps": PixelBox(x0: 0, y0: 12, x1: 12, y1: 32)
    default: PixelBox(x0: 25, y0: 5, x1: 33, y1: 25)
    }
  }

  private static let image: [Float] = (0..<width * height * channels).map { i in
    let (x, y, c) = (i / channels % width, i / channels / width, i % channels)
    let level = (7 * x + 13 * y + 29 * c + x * y) % 101
    return Float(Double(level) / 50 - 1)
  }

  /// Of a linear classifier of one class.
  private static func logit(_ image: [Float]) -> Double {
    var sum = 0.0
    for (i, value) in image.enumerated() {
      let (x, y, c) = (i / channels % width, i / channels / width, i % channels)
      let weight = (5 * x + 11 * y + 17 * c + x * x) % 23 - 11
      sum += Double(weight) / 400 * Double(value)
    }
    return sum
  }

  private static func near(_ a: Double, _ b: Double) -> Bool { abs(a - b) < 1e-4 }

  @Test(arguments: names) func boxesAgree(_ name: String) throws {
    let (expected, map) = (try #require(expected[name]), Self.saliency(name))
    let region = CropRegion(x: 0, y: 0, width: Double(Self.width), height: Double(Self.height))
    let found = try #require(Localization(map, ranked: map.ranked, box: Self.box(name), region: region))
    #expect(Self.near(found.energy, expected.energy) && Self.near(found.rankEnergy, expected.rankEnergy))
    #expect(found.hitsWithMargin == expected.pointing15)
    if let pointing = expected.pointing { #expect(found.hits == pointing) }
    if let iou = expected.iou { #expect(Self.near(found.overlap, iou)) }
  }

  @Test(arguments: names) func dropCoherencyAndComplexityAgree(_ name: String) throws {
    let expected = try #require(expected[name])
    let found = DropCoherencyComplexity(Self.saliency(name), again: Self.saliency(expected.again), drop: expected.drop)
    #expect(Self.near(found.coherency, expected.coherency) && Self.near(found.complexity, expected.complexity))
    #expect(Self.near(found.score, expected.adcc))
  }

  @Test(arguments: names) func groupsOfPixelsAgree(_ name: String) throws {
    let (expected, map) = (try #require(expected[name]), Self.saliency(name))
    let saco = try SalienceCoefficient(map, ranked: map.ranked, image: Self.image, channels: Self.channels) {
      image throws(EngineError) in 1 / (1 + exp(-Self.logit(image)))
    }
    #expect(Self.near(saco.score, expected.saco) && Self.near(saco.rankScore, expected.rankSaco), "\(saco)")
    let patches = try PatchDeletion(map, ranked: map.ranked, image: Self.image, channels: Self.channels) {
      image throws(EngineError) in Self.logit(image)
    }
    #expect(Self.near(patches.correlation, expected.patchDeletion))
    #expect(Self.near(patches.rankCorrelation, expected.rankPatchDeletion), "\(patches)")
  }

  /// Insertion, deletion and average drop against Xplique: `Tools/golden-causal.py`.
  @Test(arguments: ["slope", "scatter"]) func pixelsThatComeAndGoAgree(_ name: String) throws {
    struct Causal: Decodable { let insertion, deletion, averageDrop: Double }
    let path = "\(Fixtures.package)/Tests/Fixtures/metrics/causal.json"
    let expected = try #require(try JSONDecoder().decode([String: Causal].self, from: Data(fileBytes(path)))[name])
    let map = Self.saliency(name)
    func probability(_ image: [Float]) -> Double { 1 / (1 + exp(-Self.logit(image))) }
    func area(_ metric: CausalMetric) throws -> Double {
      try metric.area(under: map, image: Self.image, channels: Self.channels, steps: 20) {
        image throws(EngineError) in probability(image)
      }
    }
    #expect(Self.near(try area(.insertion), expected.insertion))
    #expect(Self.near(try area(.deletion), expected.deletion))
    let mask = map.mask(keeping: .all)
    let masked = Self.image.enumerated().map { i, value in value * mask[i / Self.channels] }
    let drop = max(0, 1 - probability(masked) / probability(Self.image))
    #expect(Self.near(drop, expected.averageDrop), "\(drop)")
  }

  /// The fixture says something of every case: ties and none, margins that matter and none.
  @Test func theFixtureIsWhole() {
    #expect(Set(expected.keys) == Set(Self.names))
    #expect(expected.values.count { $0.iou != nil } >= 2)
    #expect(expected.values.contains { $0.pointing == false && $0.pointing15 })
  }
}
