/// Measures a model, and methods that explain it, over many images.
public struct Evaluation {
  public private(set) var accuracy = Accuracy()
  /// One for each method, in their order.
  public private(set) var methods: [MethodStatistics]
  /// Images measured.
  public private(set) var images = 0
  /// Where the boxes lie; nil where no metric reads them.
  public private(set) var boxes: BoxPlaces?
  private let session: Session
  private let explainers: [any ExplanationMethod]
  private let evaluator: MapEvaluator
  private let measuresAccuracy: Bool
  /// Nil for heads that were not trained here.
  private let trainedClasses: Set<Int>?
  private let clock = ContinuousClock()

  /// - Parameters:
  ///   - methods: made for `session`.
  ///   - seed: of all noise.
  ///   - steps: of insertion and deletion.
  public init(
    _ session: Session, methods: [(name: MethodChoice, method: any ExplanationMethod)], metrics: Set<EvaluationMetric>,
    seed: Int, steps: Int = CausalMetric.steps
  ) {
    self.session = session
    self.methods = methods.map { MethodStatistics($0.name) }
    explainers = methods.map(\.method)
    let ofMaps = Set(metrics.compactMap(\.ofMaps))
    evaluator = MapEvaluator(session, metrics: ofMaps, seed: seed, steps: steps)
    measuresAccuracy = metrics.contains(.accuracy)
    boxes = ofMaps.isDisjoint(with: MapMetric.ofBoxes) ? nil : BoxPlaces()
    trainedClasses = session.model.description.head?.training.map { Set($0.labels.keys) }
  }

  /// Measures one image. All methods explain the class that the model predicts.
  ///
  /// - Parameters:
  ///   - input: what methods see of `image`.
  ///   - picture: the size of the picture that the image was cut out of, in pixels.
  ///   - label: the image's class; nil where it is not known.
  /// - Returns: a map of each method.
  /// - Throws: what the model or a method throws; then nothing of the image counts.
  public mutating func measure(
    _ image: EvaluatedImage, _ input: MethodInput, picture: (width: Int, height: Int), class label: Int?
  ) throws(EngineError) -> [MeasuredMap] {
    let logits = try session.classify(input.values)
    // The same class for all, also where a method's own arithmetic would put a tie the other way.
    let predicted = largest(1, of: logits)
    var maps: [MeasuredMap] = []
    for (statistics, explainer) in zip(methods, explainers) {
      let start = clock.now
      let explanation = try explainer.explain(input) { _ in predicted }
      let time = start.duration(to: clock.now)
      let map = explanation.maps[0]
      let measurement = try evaluator.measure(
        map, probability: session.probabilities(logits)[map.classIndex], of: image, cam: explanation.cam?[0],
        method: explainer)
      maps.append(
        MeasuredMap(
          method: statistics.method, map: map, measurement: measurement, passes: explanation.passes, time: time))
    }
    if measuresAccuracy, let label { accuracy.add(logits: logits, class: label) }
    for (index, map) in maps.enumerated() {
      methods[index].add(map.measurement, map.passes, map.time, isSeen: isSeen(map))
    }
    if let box = image.box {
      boxes?.add(
        box, width: picture.width, height: picture.height, region: image.region, crop: PixelSize(image.crop))
    }
    images += 1
    return maps
  }

  private func isSeen(_ map: MeasuredMap) -> Bool? {
    guard [MethodChoice(.ttame), MethodChoice(.lcam)].contains(map.method) else { return nil }
    return trainedClasses?.contains(map.map.classIndex)
  }
}
