import Explain

/// Measures one image after the other.
struct EvaluationRun {
  /// What is added up of one method's maps.
  struct Measured {
    let name: MethodName
    let method: any ExplanationMethod
    var all = MapStatistics()
    /// Images of classes that the head was trained on, and of those that it never saw.
    var seen = MapStatistics()
    var unseen = MapStatistics()
    var cost = MapCost()

    /// - Parameter isSeen: whether the head was trained on images of the map's class; nil where it was not trained here.
    mutating func add(_ map: MapMeasurement, _ passes: PassCount, _ time: Duration, isSeen: Bool?) {
      all.add(map)
      cost.add(passes, time)
      switch isSeen {
      case true?: seen.add(map)
      case false?: unseen.add(map)
      case nil: break
      }
    }
  }

  private(set) var accuracy = Accuracy()
  private(set) var measured: [Measured]
  /// Images measured.
  private(set) var images = 0
  /// What a page about the run shows; nil where none was asked for.
  private(set) var pictures: ReportPictures?
  let items: [ImageList.Item]
  /// Nil for heads that were not trained here.
  let trainedClasses: Set<Int>?
  private let session: Session
  private let preprocessing: Preprocessing
  private let decoding: DecodingOptions
  private var warnings = DepthWarnings()
  private let measuresAccuracy: Bool
  /// Where the boxes lie; nil where none are measured.
  private(set) var boxes: BoxPlaces?
  private let evaluator: MapEvaluator
  private let names: ClassNames
  private let log: JSONLines?
  private let clock = ContinuousClock()

  init(
    session: Session, preprocessing: Preprocessing, decoding: DecodingOptions, items: [ImageList.Item],
    measuresAccuracy: Bool, countsBoxes: Bool, evaluator: MapEvaluator,
    methods: [(MethodName, any ExplanationMethod)], log: JSONLines?, pictures: ReportPictures?
  ) {
    (self.session, self.preprocessing, self.decoding) = (session, preprocessing, decoding)
    (self.items, self.measuresAccuracy) = (items, measuresAccuracy)
    (self.evaluator, self.log, self.pictures) = (evaluator, log, pictures)
    names = ClassNames(labels: session.model.description.labels, count: session.model.description.classes)
    measured = methods.map { Measured(name: $0, method: $1) }
    boxes = countsBoxes ? BoxPlaces() : nil
    trainedClasses = session.model.description.head?.training.map { Set($0.labels.keys) }
  }

  /// Measures one image of the list.
  ///
  /// - Returns: a warning about the picture, where one is due.
  mutating func measure(_ encoded: EncodedPicture) throws -> String? {
    let picture = try PreparedPicture(encoded, preprocessing, decoding, isDrawn: false)
    let item = items[encoded.index]
    do {
      let logits = try session.classify(picture.input)
      if measuresAccuracy, let label = item.classIndex { accuracy.add(logits: logits, class: label) }
      for index in measured.indices { try measure(method: index, picture, item, encoded.index, logits) }
      if let box = item.box {
        boxes?.add(
          box, width: picture.width * picture.reduction, height: picture.height * picture.reduction,
          region: picture.fileRegion,
          side: picture.crop.width)
      }
      images += 1
      return warnings.line(picture)
    } catch { throw Failure(error, reading: picture.origin.description) }
  }

  private mutating func measure(
    method: Int, _ picture: PreparedPicture, _ item: ImageList.Item, _ index: Int, _ logits: [Float]
  ) throws {
    // All methods explain the same class, also where their own arithmetic would put a tie the other way.
    let predicted = largest(1, of: logits)
    let start = clock.now
    let explanation = try measured[method].method.explain(MethodInput(crop: picture.crop, values: picture.input)) { _ in
      predicted
    }
    let time = start.duration(to: clock.now)
    let map = explanation.maps[0]
    let image = EvaluatedImage(
      crop: picture.crop, region: picture.fileRegion, shown: picture.shown, box: item.box, index: index)
    let result = try evaluator.measure(
      map, probability: session.probabilities(logits)[map.classIndex], of: image, cam: explanation.cam?[0])
    measured[method].add(result, explanation.passes, time, isSeen: trainedClasses?.contains(result.classIndex))
    let label = names.name(result.classIndex)
    try pictures?.add(map, result, method: method, of: image, name: item.path.shownPath, label: label)
    try log?.write(
      MapLine(item.path, measured[method].name, result, explanation.passes, milliseconds: time.milliseconds))
  }
}

/// What maps cost on average.
struct MapCost {
  private var maps = 0
  private var passes = PassCount(forward: 0)
  private var time = Duration.zero

  mutating func add(_ passes: PassCount, _ time: Duration) {
    maps += 1
    self.passes.forward += passes.forward
    self.passes.tail += passes.tail
    self.passes.backward += passes.backward
    self.time += time
  }

  /// Nil without maps.
  var mean: (forward: Double, tail: Double, backward: Double, milliseconds: Double)? {
    guard maps > 0 else { return nil }
    let count = Double(maps)
    return (
      Double(passes.forward) / count, Double(passes.tail) / count, Double(passes.backward) / count,
      time.milliseconds / count
    )
  }
}

/// What was measured of one map, for the log.
private struct MapLine: Encodable {
  let input: String
  let inputBytes: String?
  let method: String
  let `class`: Int
  let probability: Float
  /// Probabilities through the map, by the percentage of pixels that is kept.
  let masked: [String: Float]?
  /// Whether the prediction survives, in the order of `RoadAgreement.removed`.
  let morf, lerf: [Bool]?
  let insertion, deletion: Double?
  let pointing: Bool?
  let energy: Double?
  let trust: TrustReport?
  let forwardPasses, tailPasses, backwardPasses: Int
  let milliseconds: Double

  init(_ input: String, _ name: MethodName, _ map: MapMeasurement, _ passes: PassCount, milliseconds: Double) {
    (self.input, inputBytes) = (input.pathForJSON, input.base64ForJSON)
    (method, self.class, probability) = (name.rawValue, map.classIndex, map.probability)
    masked = map.masked.map { masked in
      Dictionary(masked.map { ("\($0.key.rawValue)", $0.value) }, uniquingKeysWith: { first, _ in first })
    }
    (morf, lerf) = (map.road?.survives[.morf], map.road?.survives[.lerf])
    (insertion, deletion) = (map.insertion, map.deletion)
    trust = map.trust.map(TrustReport.init)
    (pointing, energy) = (map.localization?.hits, map.localization?.energy)
    (forwardPasses, tailPasses, backwardPasses) = (passes.forward, passes.tail, passes.backward)
    self.milliseconds = milliseconds
  }
}
