import Explain
import Testing

@Suite struct TrustTests {
  private let session: Session
  private let crop: Image

  init() throws {
    session = Session(model: try Model(path: Fixtures.bundledModel))
    crop = try Fixtures.crop("espresso", session)
  }

  private func explanation() throws -> (map: ClassMap, probability: Float) {
    let input = MethodInput(crop, session.model.description.preprocessing)
    let explanation = try session.explain(input.values) { largest(1, of: $0) }
    let map = explanation.maps[0]
    return (map, session.probabilities(explanation.logits)[map.classIndex])
  }

  /// The one more look is that of average drop at 50 %.
  @Test func theLookIsThatOfAverageDrop() throws {
    let (map, probability) = try explanation()
    let trust = try session.trust(map, probability: probability, crop: crop, cam: map)
    let saliency = SaliencyMap(map.normalized(), crop: 224)
    let masked = try session.maskedProbabilities(of: map.classIndex, under: saliency, crop: crop)[.half]!
    #expect(trust.maskedProbability == masked && trust.survives && !trust.isFlat)
    #expect(trust.area == saliency.area)
    #expect(abs(trust.agreement! - 1) < 1e-9)
    var measured = Faithfulness()
    measured.add(probability: probability, masked: [.half: masked])
    #expect(abs(trust.drop - measured.averageDrop(.half)!) < 1e-9)
    #expect(trust.score > 0 && trust.score <= 1)
  }

  @Test func flatAndWrongMapsAreNotTrusted() throws {
    let (map, probability) = try explanation()
    var flat = map
    flat.values = map.values.map { _ in 1 }
    let nothing = try session.trust(flat, probability: probability, crop: crop, cam: map)
    #expect(nothing.isFlat && nothing.score == 0 && nothing.agreement == nil)
    var opposite = map
    opposite.values = map.values.map { -$0 }
    let wrong = try session.trust(opposite, probability: probability, crop: crop, cam: map)
    #expect(wrong.agreement! < -0.9)
    #expect(wrong.score < (try session.trust(map, probability: probability, crop: crop)).score)
  }

  @Test func thirdsGoByTrust() throws {
    var statistics = MapStatistics()
    #expect(statistics.thirdsByTrust == nil)
    for (index, probability) in [0.2, 0.9, 0.5, 0.7, 0.1, 0.4].enumerated() {
      var map = MapMeasurement(classIndex: 0, probability: 1)
      map.trust = Trust(
        probability: 1, maskedProbability: Float(probability), survives: true, area: 0.1, isFlat: false, agreement: nil)
      map.insertion = Double(index)
      statistics.add(map)
    }
    let thirds = try #require(statistics.thirdsByTrust)
    #expect(thirds.map { $0.mean(.insertion) } == [2, 3.5, 2])
    #expect(thirds.map(\.images) == [2, 2, 2])
  }
}
