extension MapMetric {
  /// The metric that the worst maps are chosen by: average drop, or else the first that was measured.
  static func ofDemerits(_ measured: Set<MapMetric>) -> MapMetric? {
    // AD, IC and both boxes' metrics read the same measurement, of which the finer number orders maps better.
    switch allCases.first(where: measured.contains) {
    case .ic: .ad
    case .pointing: .energy
    case let metric: metric
    }
  }

  /// What it says of a single map.
  var nameOfDemerit: String {
    switch self {
    case .ad, .ic: "drop of the probability with the full map (AD 100)"
    case .road: "survival of the prediction (ROAD, MoRF against LeRF)"
    case .insertion: "insertion"
    case .deletion: "deletion"
    case .pointing, .energy: "energy in the box"
    case .iou: "IoU with the box"
    case .adcc: "ADCC"
    case .saco: "SaCo"
    case .patchDeletion: "patch deletion"
    case .trust: "trust"
    }
  }
}

/// How bad a map is by one metric, and the figure that says so.
struct MapDemerit: Sendable {
  /// Higher is worse.
  let value: Double
  let text: String

  /// Nil where the metric has not been measured for this map.
  init?(_ map: MapMeasurement, by metric: MapMetric) {
    switch metric {
    case .ad, .ic:
      guard let masked = map.masked?[.all], map.probability > 0 else { return nil }
      value = 100 * max(0, Double(map.probability) - Double(masked)) / Double(map.probability)
      text = "drop \(value.fixed(1)) %"
    case .road:
      guard let morf = map.road?.survives[.morf], let lerf = map.road?.survives[.lerf] else { return nil }
      let (first, last) = (morf.count { $0 }, lerf.count { $0 })
      value = Double(first - last)
      text = "MoRF \(first), LeRF \(last) of \(morf.count)"
    case .insertion:
      guard let area = map.insertion else { return nil }
      value = -area
      text = "insertion \(area.fixed(3))"
    case .deletion:
      guard let area = map.deletion else { return nil }
      value = area
      text = "deletion \(area.fixed(3))"
    case .pointing, .energy:
      guard let energy = map.localization?.energy else { return nil }
      value = -energy
      text = "energy \((100 * energy).fixed(1)) %"
    case .iou:
      guard let overlap = map.localization?.overlap else { return nil }
      value = -overlap
      text = "IoU \((100 * overlap).fixed(1)) %"
    case .adcc:
      guard let score = map.adcc?.score else { return nil }
      value = -score
      text = "ADCC \(score.fixed(3))"
    case .saco:
      guard let score = map.saco?.score else { return nil }
      value = -score
      text = "SaCo \(score.fixed(3))"
    case .patchDeletion:
      guard let correlation = map.patchDeletion?.correlation else { return nil }
      value = -correlation
      text = "patch deletion \(correlation.fixed(3))"
    case .trust:
      guard let score = map.trust?.score else { return nil }
      value = -score
      text = "trust \(score.fixed(3))"
    }
  }
}
