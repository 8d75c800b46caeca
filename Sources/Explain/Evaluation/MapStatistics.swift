/// Measurements of many maps: their means, and the single values, by which methods are compared image by image.
public struct MapStatistics: Sendable {
  public private(set) var images = 0
  /// Images whose map was measured by average drop and increase.
  public private(set) var faithfulness = Faithfulness()
  private var road: [RemovalOrder: [Int]] = [:]
  private var roadImages = 0
  /// Of what was measured, one for each map; nil for maps that have none.
  private var values: [MapFigure: [Double?]] = [:]
  private var trusted: [MapMeasurement] = []

  public init() {}

  /// Counts one map.
  public mutating func add(_ map: MapMeasurement) {
    for figure in MapFigure.allCases {
      let value = figure.value(map)
      if value != nil || values[figure] != nil {
        values[figure, default: [Double?](repeating: nil, count: images)].append(value)
      }
    }
    images += 1
    if let masked = map.masked { faithfulness.add(probability: map.probability, masked: masked) }
    if let agreement = map.road {
      roadImages += 1
      for (order, survives) in agreement.survives {
        let counts = road[order] ?? [Int](repeating: 0, count: survives.count)
        road[order] = zip(counts, survives).map { $0 + ($1 ? 1 : 0) }
      }
    }
    if map.trust != nil { trusted.append(map) }
  }

  /// The mean over the maps that have the figure, in its unit of JSON; nil without such maps.
  public func mean(_ figure: MapFigure) -> Double? {
    let known = values[figure]?.compactMap { $0 } ?? []
    return known.isEmpty ? nil : known.reduce(0, +) / Double(known.count)
  }

  /// How the mean differs from another method's over the same images, in the figure's unit of JSON; nil with fewer than two
  /// images that have both values.
  ///
  /// - Parameters:
  ///   - other: of the same images in the same order.
  ///   - seed: of the interval.
  public func difference(_ figure: MapFigure, from other: MapStatistics, seed: Int) -> PairedDifference? {
    guard let values = values[figure], let others = other.values[figure] else { return nil }
    return PairedDifference(values, minus: others, seed: seed)
  }

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

  /// Images with a box that the network saw.
  public var boxes: Int { values[.pointing]?.count { $0 != nil } ?? 0 }
}
