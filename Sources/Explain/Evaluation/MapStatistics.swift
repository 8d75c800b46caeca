/// Measurements of many maps, added up.
public struct MapStatistics: Sendable {
  public private(set) var images = 0
  /// Images whose map was measured by average drop and increase.
  public private(set) var faithfulness = Faithfulness()
  private var road: [RemovalOrder: [Int]] = [:]
  private var roadImages = 0
  private var insertion = Mean()
  private var deletion = Mean()
  private var hits = Mean()
  private var boxEnergy = Mean()
  private var trust = Mean()
  private var trusted: [MapMeasurement] = []

  public init() {}

  /// Counts one map.
  public mutating func add(_ map: MapMeasurement) {
    images += 1
    if let masked = map.masked { faithfulness.add(probability: map.probability, masked: masked) }
    if let agreement = map.road {
      roadImages += 1
      for (order, survives) in agreement.survives {
        let counts = road[order] ?? [Int](repeating: 0, count: survives.count)
        road[order] = zip(counts, survives).map { $0 + ($1 ? 1 : 0) }
      }
    }
    if let area = map.insertion { insertion.add(area) }
    if let area = map.deletion { deletion.add(area) }
    if let localization = map.localization {
      hits.add(localization.hits ? 1 : 0)
      boxEnergy.add(localization.energy)
    }
    if let score = map.trust?.score {
      trust.add(score)
      trusted.append(map)
    }
  }

  /// Mean trust, 0...1; nil without images.
  public var trustScore: Double? { trust.value }

  /// The same statistics of the third of the maps that is trusted most, of the middle, and of the third that is trusted least;
  /// nil where trust was measured for fewer than three maps.
  public var thirdsByTrust: [MapStatistics]? {
    guard trusted.count >= 3 else { return nil }
    let order = trusted.indices.sorted { a, b in
      (-(trusted[a].trust?.score ?? 0), a) < (-(trusted[b].trust?.score ?? 0), b)
    }
    return (0..<3).map { third in
      var statistics = MapStatistics()
      for index in order[third * order.count / 3..<(third + 1) * order.count / 3] { statistics.add(trusted[index]) }
      return statistics
    }
  }

  /// Share of images whose prediction survives, 0...1, for each share of `RoadAgreement.removed`; nil without images.
  public func survival(_ order: RemovalOrder) -> [Double]? {
    roadImages == 0 ? nil : road[order]?.map { Double($0) / Double(roadImages) }
  }

  /// Mean area under the curve, 0...1; nil without images.
  public func area(_ metric: CausalMetric) -> Double? { metric == .insertion ? insertion.value : deletion.value }

  /// Share of the images with boxes whose hottest pixel lies in it, 0...1; nil without such images.
  public var pointing: Double? { hits.value }

  /// Mean share of the saliency inside the box, 0...1; nil without images with boxes.
  public var energy: Double? { boxEnergy.value }

  /// Images with a box that the network saw.
  public var boxes: Int { hits.count }
}

/// A mean that grows.
struct Mean: Sendable {
  private(set) var count = 0
  private var sum = 0.0

  mutating func add(_ value: Double) {
    count += 1
    sum += value
  }

  /// Nil without values.
  var value: Double? { count == 0 ? nil : sum / Double(count) }
}
