import Kernels
import Testing

@testable import Explain

@Suite struct PairedDifferenceTests {
  @Test func onlyImagesWithBothValuesCount() throws {
    let difference = try #require(PairedDifference([1, nil, 3, 5], minus: [0, 7, 2, nil], seed: 0))
    #expect(difference.images == 2 && difference.mean == 1 && difference.low == 1 && difference.high == 1)
    #expect(difference.isCertain)
    #expect(PairedDifference([1, nil], minus: [0, 7], seed: 0) == nil)
  }

  /// Of normal differences the interval is close to 1.96 standard errors each way.
  @Test func theIntervalIsThatOfTheMean() throws {
    var generator = SplitMix64Draws(seed: 3)
    let values: [Double?] = (0..<400).map { _ in Double(generator.normal()) }
    let difference = try #require(PairedDifference(values, minus: values.map { _ in 0 }, seed: 1))
    let known = values.compactMap { $0 }
    let mean = known.reduce(0, +) / 400
    let error = (known.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 399 / 400).squareRoot()
    #expect(abs(difference.mean - mean) < 1e-12)
    #expect(abs((difference.high - mean) / error - 1.96) < 0.2 && abs((mean - difference.low) / error - 1.96) < 0.2)
    #expect(try #require(PairedDifference(values, minus: values.map { _ in 0 }, seed: 1)) == difference)
    #expect(try #require(PairedDifference(values, minus: values.map { _ in 0 }, seed: 2)) != difference)
  }

  @Test func ranksAverageTies() {
    #expect(averageRanks([30, 10, 20, 10, 10]) == [4, 1, 3, 1, 1])
    let map = SaliencyMap(width: 5, height: 1, values: [0.9, 0, 0.5, 0, 0])
    #expect(map.ranked.values == [1, 0.25, 0.75, 0.25, 0.25])
    let flat = SaliencyMap(width: 2, height: 1, values: [0, 0], isFlat: true)
    #expect(flat.ranked == flat)
  }

  /// Bars count for nothing and stay zero.
  @Test func ranksAreOfWhatTheNetworkSaw() {
    let seen = PixelArea(columns: 1..<4, rows: 0..<1)
    let map = SaliencyMap(width: 5, height: 1, values: [0, 0.2, 1, 0.1, 0], seen: seen)
    #expect(map.ranked.values == [0, 0.5, 1, 0, 0] && map.ranked.seen == seen)
  }

  /// A method whose images keep `kept` of the probability, and `ranked` of it at equal brightness.
  private func method(_ name: MethodName, kept: [Float], ranked: [Float]) -> MethodStatistics {
    var statistics = MethodStatistics(name)
    for (kept, ranked) in zip(kept, ranked) {
      var map = MapMeasurement(classIndex: 0, probability: 1)
      map.masked = [.all: kept, .half: 0.5, .fifteen: 0.5]
      map.rankMasked = [.all: ranked, .half: 0.5, .fifteen: 0.5]
      statistics.add(map, PassCount(forward: 1), .zero)
    }
    return statistics
  }

  @Test func aLeadOfBrightnessAloneIsNamed() throws {
    let cam = method(.cam, kept: [0.5, 0.6, 0.7, 0.6], ranked: [0.5, 0.6, 0.7, 0.5])
    let bright = method(.ttame, kept: [0.7, 0.8, 0.9, 0.9], ranked: [0.5, 0.65, 0.65, 0.5])
    let better = method(.rise, kept: [0.7, 0.8, 0.9, 0.9], ranked: [0.6, 0.7, 0.8, 0.6])
    let lost = LostLead.all([cam, bright, better], seed: 0)
    #expect(lost.map(\.method) == ["ttame"] && lost.map(\.reference) == ["cam"] && lost.map(\.kept) == [100])
    let first = try #require(lost.first)
    #expect(abs(first.ad.mean + 22.5) < 1e-4)
    #expect(first.sentence.hasPrefix("ttame is ahead of cam in AD 100 by 22.5 points, but not at equal brightness"))
    // CAM is a reference wherever it stands, others only as the first.
    #expect(LostLead.all([better, bright, cam], seed: 0).map(\.reference) == ["cam"])
    #expect(LostLead.all([bright], seed: 0).isEmpty)
  }

  @Test func theOthersAreComparedWithTheFirst() throws {
    let methods = [
      method(.cam, kept: [0.5, 0.6], ranked: [0.5, 0.6]), method(.ttame, kept: [0.7, 0.8], ranked: [0.4, 0.5]),
    ]
    let metrics = MethodMetrics.all(of: methods, [.map(.ad)], seed: 0)
    #expect(metrics[0].differences == nil)
    let differences = try #require(metrics[1].differences)
    #expect(differences.keys.sorted() == ["ad100", "ad15", "ad50", "rankAD100", "rankAD15", "rankAD50"])
    let (ad, ranked) = (try #require(differences["ad100"]), try #require(differences["rankAD100"]))
    #expect(abs(ad.mean + 20) < 1e-4 && abs(ranked.mean - 10) < 1e-4)
    #expect(metrics[1].rankAD?["100"] == metrics[1].figures[.rankAD(.all)] && metrics[1].rankIC == nil)
  }
}

/// Normal values, a pair at a time.
private struct SplitMix64Draws {
  private var generator: SplitMix64

  init(seed: Int) { generator = SplitMix64(seed) }

  mutating func normal() -> Float { generator.normalPair().0 }
}
