/// Accuracy, and what was measured of the maps of one method. What was not asked for, or has no image, is nil.
public struct MethodMetrics: Encodable, Sendable {
  /// As `MethodName` has it; nil where no method was chosen.
  public var method: String?
  /// Shares, 0...1, and the images with a class that they are of.
  public var top1, top5: Double?
  public var labelled: Int?
  /// In percent, by the percentage of pixels that is kept.
  public var ad, ic, rankAD, rankIC: [String: Double]?
  public var road: Road?
  /// Areas, 0...1.
  public var insertion, deletion: Double?
  /// Shares, 0...1, and the images with a box that they are of.
  public var pointing, pointing15, energy, rankEnergy, iou: Double?
  public var boxes: Int?
  /// 0...1.
  public var adcc, coherency, complexity: Double?
  /// -1...1.
  public var saco, rankSaco, patchDeletion, rankPatchDeletion: Double?
  /// Mean trust score, 0...1, and the other metrics for the third of the maps that is trusted most, the middle, and the
  /// third that is trusted least.
  public var trust: Double?
  public var trustThirds: [MethodMetrics]?
  /// This method minus the first, by `MapFigure.name`, in the figure's unit; nil for the first.
  public var differences: [String: PairedDifference]?
  public var cost: Cost?
  /// AD and IC for images of classes with and without training images.
  public var seen, unseen: Group?
  /// All means, as tables show them.
  public private(set) var figures: [MapFigure: Double] = [:]

  private enum CodingKeys: String, CodingKey {
    case method, top1, top5, labelled, ad, ic, rankAD, rankIC, road, insertion, deletion, pointing, pointing15, energy
    case rankEnergy, iou, boxes, adcc, coherency, complexity, saco, rankSaco, patchDeletion, rankPatchDeletion, trust
    case trustThirds, differences, cost, seen, unseen
  }

  public init() {}

  /// The metrics of methods over the same images, all compared with the first.
  ///
  /// - Parameter seed: of the intervals.
  public static func all(
    of methods: [MethodStatistics], _ wanted: Set<EvaluationMetric>, seed: Int
  ) -> [MethodMetrics] {
    methods.enumerated().map { place, method in
      var metrics = MethodMetrics(method, wanted)
      if place == 0 { return metrics }
      var differences: [String: PairedDifference] = [:]
      for figure in metrics.figures.keys {
        differences[figure.name] = method.maps.difference(figure, from: methods[0].maps, seed: seed)
      }
      if !differences.isEmpty { metrics.differences = differences }
      return metrics
    }
  }

  /// The metrics of one method that are wanted, without its name.
  public init(_ statistics: MethodStatistics, _ wanted: Set<EvaluationMetric>) {
    self.init(statistics.maps, wanted)
    trustThirds = statistics.maps.thirdsByTrust?.map { Self($0, wanted) }
    (seen, unseen) = (Group(statistics.seen), Group(statistics.unseen))
    cost = Cost(statistics.cost)
  }

  private init(_ maps: MapStatistics, _ wanted: Set<EvaluationMetric>) {
    for figure in MapFigure.allCases where wanted.contains(.map(figure.metric)) {
      figures[figure] = maps.mean(figure)
    }
    func byShare(_ figure: (KeptShare) -> MapFigure) -> [String: Double]? {
      let means = KeptShare.allCases.compactMap { share in figures[figure(share)].map { ("\(share.rawValue)", $0) } }
      return means.isEmpty ? nil : Dictionary(uniqueKeysWithValues: means)
    }
    (ad, ic) = (byShare(MapFigure.ad), byShare(MapFigure.ic))
    (rankAD, rankIC) = (byShare(MapFigure.rankAD), byShare(MapFigure.rankIC))
    road = Road(maps)
    (insertion, deletion) = (figures[.insertion], figures[.deletion])
    (pointing, pointing15) = (figures[.pointing], figures[.pointingWithMargin])
    (energy, rankEnergy, iou) = (figures[.energy], figures[.rankEnergy], figures[.overlap])
    if pointing != nil || energy != nil || iou != nil { boxes = maps.boxes }
    (adcc, coherency, complexity) = (figures[.adcc], figures[.coherency], figures[.complexity])
    (saco, rankSaco) = (figures[.saco], figures[.rankSaCo])
    (patchDeletion, rankPatchDeletion) = (figures[.patchDeletion], figures[.rankPatchDeletion])
    trust = figures[.trust]
  }
}

extension MethodMetrics {
  /// Shares of images whose prediction survives, 0...1, by the percentage of pixels that is removed.
  public struct Road: Encodable, Sendable {
    public let morf, lerf: [String: Double]
    public let morfMean, lerfMean: Double

    init?(_ maps: MapStatistics) {
      guard let morf = maps.survival(.morf), let lerf = maps.survival(.lerf) else { return nil }
      func named(_ shares: [Double]) -> [String: Double] {
        Dictionary(zip(RoadAgreement.removed.map(String.init), shares), uniquingKeysWith: { first, _ in first })
      }
      (self.morf, self.lerf) = (named(morf), named(lerf))
      (morfMean, lerfMean) = (morf.reduce(0, +) / Double(morf.count), lerf.reduce(0, +) / Double(lerf.count))
    }
  }

  /// Passes and time of one map, on average.
  public struct Cost: Encodable, Sendable {
    public let forwardPasses, tailPasses, backwardPasses, milliseconds: Double

    init?(_ cost: MapCost) {
      guard let mean = cost.mean else { return nil }
      (forwardPasses, tailPasses, backwardPasses, milliseconds) = mean
    }
  }

  /// AD and IC of some of the images, in percent, by the percentage of pixels that is kept.
  public struct Group: Encodable, Sendable {
    public let images: Int
    public let ad, ic: [String: Double]

    /// Nil without images.
    init?(_ faithfulness: Faithfulness) {
      if faithfulness.images == 0 { return nil }
      images = faithfulness.images
      func values(_ value: (KeptShare) -> Double?) -> [String: Double] {
        Dictionary(
          uniqueKeysWithValues: KeptShare.allCases.compactMap { share in value(share).map { ("\(share.rawValue)", $0) }
          })
      }
      ad = values(faithfulness.averageDrop)
      ic = values(faithfulness.increase)
    }
  }
}
