/// Accuracy, and what was measured of the maps of one method. What was not asked for, or has no image, is nil.
public struct MethodMetrics: Encodable, Sendable {
  /// As `MethodName` has it; nil where no method was chosen.
  public var method: String?
  /// Shares, 0...1, and the images with a class that they are of.
  public var top1, top5: Double?
  public var labelled: Int?
  /// In percent, by the percentage of pixels that is kept.
  public var ad, ic: [String: Double]?
  public var road: Road?
  /// Areas, 0...1.
  public var insertion, deletion: Double?
  /// Shares, 0...1, and the images with a box that they are of.
  public var pointing, energy: Double?
  public var boxes: Int?
  /// Mean trust score, 0...1, and the other metrics for the third of the maps that is trusted most, the middle, and the
  /// third that is trusted least.
  public var trust: Double?
  public var trustThirds: [MethodMetrics]?
  public var cost: Cost?
  /// AD and IC for images of classes with and without training images.
  public var seen, unseen: Group?

  public init() {}

  /// The metrics of one method that are wanted, without its name.
  public init(_ statistics: MethodStatistics, _ wanted: Set<EvaluationMetric>) {
    self.init(statistics.maps, wanted)
    trustThirds = statistics.maps.thirdsByTrust?.map { Self($0, wanted) }
    (seen, unseen) = (Group(statistics.seen), Group(statistics.unseen))
    cost = Cost(statistics.cost)
  }

  private init(_ maps: MapStatistics, _ wanted: Set<EvaluationMetric>) {
    let group = Group(maps.faithfulness)
    if wanted.contains(.map(.ad)) { ad = group?.ad }
    if wanted.contains(.map(.ic)) { ic = group?.ic }
    road = Road(maps)
    (insertion, deletion) = (maps.area(.insertion), maps.area(.deletion))
    if wanted.contains(.map(.pointing)) { pointing = maps.pointing }
    if wanted.contains(.map(.energy)) { energy = maps.energy }
    if pointing != nil || energy != nil { boxes = maps.boxes }
    trust = maps.trustScore
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
