import Explain

/// The measurements of one model over one list.
struct EvaluationReport: Encodable {
  /// Accuracy, and what was measured of the maps of one method. What was not asked for, or has no image, is nil.
  struct Metrics: Encodable {
    /// As `--method` names it; nil for the model's own head without `--method`.
    var method: String?
    /// Shares, 0...1, and the images with a class that they are of.
    var top1, top5: Double?
    var labelled: Int?
    /// In percent, by the percentage of pixels that is kept.
    var ad, ic: [String: Double]?
    var road: Road?
    /// Areas, 0...1.
    var insertion, deletion: Double?
    /// Shares, 0...1, and the images with a box that they are of.
    var pointing, energy: Double?
    var boxes: Int?
    /// Mean trust score, 0...1, and the other metrics for the third of the maps that is trusted most, the middle, and the
    /// third that is trusted least.
    var trust: Double?
    var trustThirds: [Metrics]?
    var cost: Cost?
    /// AD and IC for images of classes with and without training images.
    var seen, unseen: Group?
  }

  /// Shares of images whose prediction survives, 0...1, by the percentage of pixels that is removed.
  struct Road: Encodable {
    let morf, lerf: [String: Double]
    let morfMean, lerfMean: Double

    init?(_ statistics: MapStatistics) {
      guard let morf = statistics.survival(.morf), let lerf = statistics.survival(.lerf) else { return nil }
      func named(_ shares: [Double]) -> [String: Double] {
        Dictionary(zip(RoadAgreement.removed.map(String.init), shares), uniquingKeysWith: { first, _ in first })
      }
      (self.morf, self.lerf) = (named(morf), named(lerf))
      (morfMean, lerfMean) = (morf.reduce(0, +) / Double(morf.count), lerf.reduce(0, +) / Double(lerf.count))
    }
  }

  /// Passes and time of one map, on average.
  struct Cost: Encodable {
    let forwardPasses, tailPasses, backwardPasses, milliseconds: Double

    init?(_ cost: MapCost) {
      guard let mean = cost.mean else { return nil }
      (forwardPasses, tailPasses, backwardPasses, milliseconds) = mean
    }
  }

  struct Group: Encodable {
    let images: Int
    let ad, ic: [String: Double]

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

  let model, data: String
  let dataBytes: String?
  let images, failed: Int
  /// Accuracy, and without `--method` what the model's own head is worth.
  let metrics: Metrics
  /// One for each method of `--method`, in its order.
  let methods: [Metrics]?
  /// With metrics of boxes.
  let boxPlaces: BoxPlaces?
  /// Of all images together, decoding included.
  let milliseconds: Double

  /// - Parameter namesMethods: whether the user chose methods.
  init(
    model: String, data: String, _ run: EvaluationRun, namesMethods: Bool, metrics wanted: Set<EvaluationMetric>,
    milliseconds: Double
  ) {
    (self.model, self.data, self.milliseconds) = (model, data.pathForJSON, milliseconds)
    dataBytes = data.base64ForJSON
    boxPlaces = run.boxes
    (images, failed) = (run.images, run.items.count - run.images)
    let measured = run.measured.map { Metrics($0, wanted, isTrainedHere: run.trainedClasses != nil) }
    var metrics = namesMethods ? Metrics() : measured.first ?? Metrics()
    if wanted.contains(.accuracy) {
      (metrics.top1, metrics.top5, metrics.labelled) = (run.accuracy.top1, run.accuracy.top5, run.accuracy.images)
    }
    self.metrics = metrics
    methods = namesMethods ? zip(run.measured, measured).map { $1.named($0.name) } : nil
  }
}

extension EvaluationReport.Metrics {
  private init(_ statistics: MapStatistics, _ wanted: Set<EvaluationMetric>) {
    let group = EvaluationReport.Group(statistics.faithfulness)
    if wanted.contains(.map(.ad)) { ad = group?.ad }
    if wanted.contains(.map(.ic)) { ic = group?.ic }
    road = EvaluationReport.Road(statistics)
    (insertion, deletion) = (statistics.area(.insertion), statistics.area(.deletion))
    if wanted.contains(.map(.pointing)) { pointing = statistics.pointing }
    if wanted.contains(.map(.energy)) { energy = statistics.energy }
    if pointing != nil || energy != nil { boxes = statistics.boxes }
    trust = statistics.trustScore
  }

  fileprivate init(_ measured: EvaluationRun.Measured, _ wanted: Set<EvaluationMetric>, isTrainedHere: Bool) {
    self.init(measured.all, wanted)
    trustThirds = measured.all.thirdsByTrust?.map { Self($0, wanted) }
    if isTrainedHere, [.ttame, .lcam].contains(measured.name) {
      seen = EvaluationReport.Group(measured.seen.faithfulness)
      unseen = EvaluationReport.Group(measured.unseen.faithfulness)
    }
    cost = EvaluationReport.Cost(measured.cost)
  }

  fileprivate func named(_ name: MethodName) -> Self {
    var result = self
    result.method = name.rawValue
    return result
  }
}
