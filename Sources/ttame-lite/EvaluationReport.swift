import Explain

/// What `evaluate` adds up over the images.
struct Measured {
  var accuracy = Accuracy()
  private(set) var all = Faithfulness()
  /// Images of classes that the head was trained on, and of those that it never saw; nil for heads that were not trained here.
  private(set) var seen, unseen: Faithfulness?
  private let trainedClasses: Set<Int>?

  init(_ trainedClasses: Set<Int>?) {
    self.trainedClasses = trainedClasses
    if trainedClasses != nil { (seen, unseen) = (Faithfulness(), Faithfulness()) }
  }

  mutating func add(_ result: MaskedConfidence) {
    all.add(probability: result.probability, masked: result.masked)
    guard let trainedClasses else { return }
    if trainedClasses.contains(result.classIndex) {
      seen?.add(probability: result.probability, masked: result.masked)
    } else {
      unseen?.add(probability: result.probability, masked: result.masked)
    }
  }
}

/// The measurements of one model over one list.
struct EvaluationReport: Encodable {
  struct Metrics: Encodable {
    /// Shares, 0...1; nothing where it was not asked for or no image could be read.
    var top1, top5: Double?
    /// In percent, by the percentage of pixels that is kept.
    var ad, ic: [String: Double]?
    /// The same for images of classes with and without training images.
    var seen, unseen: Group?

    init(_ measured: Measured, _ metrics: [EvaluateCommand.Metric]) {
      if metrics.contains(.accuracy) { (top1, top5) = (measured.accuracy.top1, measured.accuracy.top5) }
      let all = Group(measured.all)
      if metrics.contains(.ad) { ad = all?.ad }
      if metrics.contains(.ic) { ic = all?.ic }
      if ad != nil || ic != nil {
        (seen, unseen) = (measured.seen.flatMap(Group.init), measured.unseen.flatMap(Group.init))
      }
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
  let images, failed: Int
  let metrics: Metrics
  /// Of all images together, decoding included.
  let milliseconds: Double

  /// Lines for people.
  var text: String {
    guard images > 0 else { return "\(data): no image could be read\n" }
    var lines: [String] = []
    if let top1 = metrics.top1, let top5 = metrics.top5 {
      lines.append("\(model): top-1 \(percent(top1)), top-5 \(percent(top5)) of \(images) images")
    }
    func add(_ name: String, _ values: [String: Double]?, _ images: Int) {
      guard let values else { return }
      let shares = KeptShare.allCases.compactMap { share in
        values["\(share.rawValue)"].map { "\(name)(\(share.rawValue)) \(percent($0 / 100))" }
      }
      lines.append("\(model): \(shares.joined(separator: ", ")) of \(images) images")
    }
    add("AD", metrics.ad, images)
    add("IC", metrics.ic, images)
    for (name, group) in [("with", metrics.seen), ("without", metrics.unseen)] {
      guard let group else { continue }
      lines.append("classes \(name) training images:")
      if metrics.ad != nil { add("AD", group.ad, group.images) }
      if metrics.ic != nil { add("IC", group.ic, group.images) }
    }
    return lines.map { $0 + "\n" }.joined()
  }
}
