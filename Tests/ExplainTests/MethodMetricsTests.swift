import Testing

@testable import Explain

@Suite struct MethodMetricsTests {
  /// A map whose image keeps `kept` of a probability of 0.5 whatever is kept of its pixels.
  private func map(kept: Float, survives: [Bool]? = nil, score: Float? = nil) -> MapMeasurement {
    var map = MapMeasurement(classIndex: 0, probability: 0.5)
    map.masked = [.all: kept, .half: kept, .fifteen: kept]
    map.road = survives.map { RoadAgreement(survives: [.morf: $0, .lerf: $0.map { !$0 }]) }
    map.trust = score.map {
      Trust(probability: 0.5, maskedProbability: $0, survives: true, area: 0.1, isFlat: false, agreement: nil)
    }
    return map
  }

  @Test func costsAreMeans() {
    var cost = MapCost()
    #expect(cost.mean == nil)
    cost.add(PassCount(forward: 1, tail: 3), .milliseconds(10))
    cost.add(PassCount(forward: 2, backward: 1), .milliseconds(25))
    let mean = cost.mean
    #expect(mean?.forward == 1.5 && mean?.tail == 1.5 && mean?.backward == 0.5 && mean?.milliseconds == 17.5)
  }

  @Test func seenAndUnseenClassesAreKeptApart() {
    var statistics = MethodStatistics(.ttame)
    statistics.add(map(kept: 0.25), PassCount(forward: 1), .zero, isSeen: true)
    statistics.add(map(kept: 0), PassCount(forward: 1), .zero, isSeen: false)
    statistics.add(map(kept: 0.5), PassCount(forward: 1), .zero, isSeen: nil)
    let metrics = MethodMetrics(statistics, [.map(.ad)])
    #expect(metrics.ad?["100"] == 50 && metrics.ic == nil)
    #expect(metrics.seen?.images == 1 && metrics.seen?.ad["100"] == 50 && metrics.seen?.ic["15"] == 0)
    #expect(metrics.unseen?.images == 1 && metrics.unseen?.ad["50"] == 100)
  }

  @Test func roadHasItsMeanOverTheShares() {
    var statistics = MethodStatistics(.centre)
    let removed = RoadAgreement.removed
    statistics.add(map(kept: 0.5, survives: removed.map { $0 < 30 }), PassCount(forward: 1), .zero)
    statistics.add(map(kept: 0.5, survives: removed.map { _ in false }), PassCount(forward: 1), .zero)
    let road = MethodMetrics(statistics, [.map(.road)]).road
    #expect(road?.morf["10"] == 0.5 && road?.morf["30"] == 0 && road?.lerf["10"] == 0.5 && road?.lerf["90"] == 1)
    #expect(road.map { abs($0.morfMean - 1.0 / 7) < 1e-12 && abs($0.lerfMean - 6.0 / 7) < 1e-12 } == true)
  }

  @Test func thirdsGoFromTheMostTrusted() {
    var statistics = MethodStatistics(.centre)
    for kept in [0, 0.5, 0.25] as [Float] {
      statistics.add(map(kept: kept, score: kept), PassCount(forward: 1), .zero)
    }
    let metrics = MethodMetrics(statistics, [.map(.ad), .map(.trust)])
    #expect(metrics.trustThirds?.map { $0.ad?["100"] } == [0, 50, 100])
    #expect(metrics.trustThirds?.allSatisfy { $0.cost == nil && $0.trustThirds == nil } == true)
    #expect(metrics.trust != nil && metrics.seen == nil && metrics.boxes == nil)
  }
}
