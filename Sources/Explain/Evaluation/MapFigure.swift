/// A number that is measured of every map, and whose mean a table shows of a method.
public enum MapFigure: Hashable, Sendable {
  case ad(KeptShare), ic(KeptShare)
  /// Average drop and increase of the map's ranks: at equal brightness.
  case rankAD(KeptShare), rankIC(KeptShare)
  case morf, lerf
  case insertion, deletion
  case pointing, pointingWithMargin
  case energy, rankEnergy
  case overlap
  case adcc, coherency, complexity
  case saco, rankSaCo
  case patchDeletion, rankPatchDeletion
  case trust
}

extension MapFigure: CaseIterable {
  /// In the order of tables.
  public static let allCases: [MapFigure] = {
    let shares = KeptShare.allCases
    return shares.map(Self.ad) + shares.map(Self.ic) + shares.map(Self.rankAD) + shares.map(Self.rankIC)
      + [.morf, .lerf, .insertion, .deletion, .pointing, .pointingWithMargin, .energy, .rankEnergy, .overlap]
      + [.adcc, .coherency, .complexity, .saco, .rankSaCo, .patchDeletion, .rankPatchDeletion, .trust]
  }()
}

extension MapFigure {
  /// What has to be asked for to measure it.
  public var metric: MapMetric {
    switch self {
    case .ad, .rankAD: .ad
    case .ic, .rankIC: .ic
    case .morf, .lerf: .road
    case .insertion: .insertion
    case .deletion: .deletion
    case .pointing, .pointingWithMargin: .pointing
    case .energy, .rankEnergy: .energy
    case .overlap: .iou
    case .adcc, .coherency, .complexity: .adcc
    case .saco, .rankSaCo: .saco
    case .patchDeletion, .rankPatchDeletion: .patchDeletion
    case .trust: .trust
    }
  }

  /// Whether a monotone curve on the map (its brightness, its contrast) can change it, though it leaves the order of the pixels.
  /// A figure that a curve can change says nothing certain of where a method looked.
  public var isMovedByCurve: Bool {
    switch self {
    case .ad, .ic, .energy, .adcc, .coherency, .complexity, .saco, .patchDeletion, .trust: true
    case .rankAD, .rankIC, .morf, .lerf, .insertion, .deletion, .pointing, .pointingWithMargin, .rankEnergy, .overlap,
      .rankSaCo, .rankPatchDeletion:
      false
    }
  }

  public var better: BetterDirection {
    switch self {
    case .ad, .rankAD, .morf, .deletion, .complexity: .lower
    case .ic, .rankIC, .lerf, .insertion, .pointing, .pointingWithMargin, .energy, .rankEnergy, .overlap, .adcc,
      .coherency, .saco, .rankSaCo, .patchDeletion, .rankPatchDeletion, .trust:
      .higher
    }
  }

  /// Its name in JSON.
  public var name: String {
    switch self {
    case .ad(let share): "ad\(share.rawValue)"
    case .ic(let share): "ic\(share.rawValue)"
    case .rankAD(let share): "rankAD\(share.rawValue)"
    case .rankIC(let share): "rankIC\(share.rawValue)"
    case .morf: "morf"
    case .lerf: "lerf"
    case .insertion: "insertion"
    case .deletion: "deletion"
    case .pointing: "pointing"
    case .pointingWithMargin: "pointing\(Localization.margin)"
    case .energy: "energy"
    case .rankEnergy: "rankEnergy"
    case .overlap: "iou"
    case .adcc: "adcc"
    case .coherency: "coherency"
    case .complexity: "complexity"
    case .saco: "saco"
    case .rankSaCo: "rankSaco"
    case .patchDeletion: "patchDeletion"
    case .rankPatchDeletion: "rankPatchDeletion"
    case .trust: "trust"
    }
  }

  /// Its name for people.
  public var title: String {
    switch self {
    case .ad(let share): "AD \(share.rawValue)"
    case .ic(let share): "IC \(share.rawValue)"
    case .rankAD(let share): "rank AD \(share.rawValue)"
    case .rankIC(let share): "rank IC \(share.rawValue)"
    case .morf: "MoRF"
    case .lerf: "LeRF"
    case .pointingWithMargin: "pointing, \(Localization.margin) px"
    case .rankEnergy: "rank energy"
    case .overlap: "IoU"
    case .adcc: "ADCC"
    case .saco: "SaCo"
    case .rankSaCo: "rank SaCo"
    case .patchDeletion: "patch deletion"
    case .rankPatchDeletion: "rank patch deletion"
    case .insertion, .deletion, .pointing, .energy, .coherency, .complexity, .trust: name
    }
  }

  /// What its values are in JSON.
  private enum Unit { case percent, share, plain }

  private var unit: Unit {
    switch self {
    case .ad, .ic, .rankAD, .rankIC: .percent
    case .morf, .lerf, .pointing, .pointingWithMargin, .energy, .rankEnergy, .overlap: .share
    case .insertion, .deletion, .adcc, .coherency, .complexity, .saco, .rankSaCo, .patchDeletion, .rankPatchDeletion,
      .trust:
      .plain
    }
  }

  /// Whether people read it in percent, with the sign in the title; that of AD and IC is left out, as everywhere.
  public var hasPercentSign: Bool { unit == .share }

  /// A value as tables show it.
  public func text(_ value: Double) -> String {
    switch unit {
    case .percent: value.fixed(1)
    case .share: (100 * value).fixed(1)
    case .plain: value.fixed(3)
    }
  }

  /// A difference as tables show it: `-1.5 (-2.1 to -0.8)`.
  public func text(_ difference: PairedDifference) -> String {
    "\(signed(difference.mean)) (\(signed(difference.low)) to \(signed(difference.high)))"
  }

  private func signed(_ value: Double) -> String {
    let text = text(value)
    return text.hasPrefix("-") ? text : "+" + text
  }

  /// Its value for one map; nil where it was not measured.
  func value(_ map: MapMeasurement) -> Double? {
    switch self {
    case .ad(let share): Self.drop(map, map.masked?[share])
    case .ic(let share): Self.increase(map, map.masked?[share])
    case .rankAD(let share): Self.drop(map, map.rankMasked?[share])
    case .rankIC(let share): Self.increase(map, map.rankMasked?[share])
    case .morf: Self.survival(map, .morf)
    case .lerf: Self.survival(map, .lerf)
    case .insertion: map.insertion
    case .deletion: map.deletion
    case .pointing: map.localization.map { $0.hits ? 1 : 0 }
    case .pointingWithMargin: map.localization.map { $0.hitsWithMargin ? 1 : 0 }
    case .energy: map.localization?.energy
    case .rankEnergy: map.localization?.rankEnergy
    case .overlap: map.localization?.overlap
    case .adcc: map.adcc?.score
    case .coherency: map.adcc?.coherency
    case .complexity: map.adcc?.complexity
    case .saco: map.saco?.score
    case .rankSaCo: map.saco?.rankScore
    case .patchDeletion: map.patchDeletion?.correlation
    case .rankPatchDeletion: map.patchDeletion?.rankCorrelation
    case .trust: map.trust?.score
    }
  }

  private static func drop(_ map: MapMeasurement, _ masked: Float?) -> Double? {
    masked.map { 100 * max(0, Double(map.probability) - Double($0)) / Double(map.probability) }
  }

  private static func increase(_ map: MapMeasurement, _ masked: Float?) -> Double? {
    masked.map { $0 > map.probability ? 100 : 0 }
  }

  /// The share of the removals that the prediction survives.
  private static func survival(_ map: MapMeasurement, _ order: RemovalOrder) -> Double? {
    map.road?.survives[order].map { Double($0.count { $0 }) / Double($0.count) }
  }
}
