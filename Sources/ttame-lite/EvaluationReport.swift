import Explain

/// The measurements of one model over one list.
struct EvaluationReport: Encodable {
  let model, data: String
  let dataBytes: String?
  let images, failed: Int
  /// Accuracy, and without `--method` what the model's own head is worth.
  let metrics: MethodMetrics
  /// One for each method of `--method`, in its order.
  let methods: [MethodMetrics]?
  /// The names of those measured figures of maps that a monotone curve on the maps can change.
  let movedByCurve: [String]
  /// Methods that are ahead in average drop only because their maps are brighter.
  let lostLeads: [LostLead]
  /// With metrics of boxes.
  let boxPlaces: BoxPlaces?
  /// Of all images together, decoding included.
  let milliseconds: Double

  /// - Parameters:
  ///   - namesMethods: whether the user chose methods.
  ///   - seed: of the intervals.
  init(
    model: String, data: String, _ run: EvaluationRun, namesMethods: Bool, metrics wanted: Set<EvaluationMetric>,
    seed: Int, milliseconds: Double
  ) {
    let evaluation = run.evaluation
    (self.model, self.data, self.milliseconds) = (model, data.pathForJSON, milliseconds)
    dataBytes = data.base64ForJSON
    boxPlaces = evaluation.boxes
    (images, failed) = (evaluation.images, run.items.count - evaluation.images)
    let measured = MethodMetrics.all(of: evaluation.methods, wanted, seed: seed)
    movedByCurve = Self.figures(of: measured).filter(\.isMovedByCurve).map(\.name)
    lostLeads = wanted.contains(.map(.ad)) ? LostLead.all(evaluation.methods, seed: seed) : []
    var metrics = namesMethods ? MethodMetrics() : measured.first ?? MethodMetrics()
    if wanted.contains(.accuracy) {
      let accuracy = evaluation.accuracy
      (metrics.top1, metrics.top5, metrics.labelled) = (accuracy.top1, accuracy.top5, accuracy.images)
    }
    self.metrics = metrics
    methods = namesMethods ? zip(evaluation.methods, measured).map { Self.named($0.method, $1) } : nil
  }

  private static func named(_ method: MethodChoice, _ metrics: MethodMetrics) -> MethodMetrics {
    var result = metrics
    result.method = method.rawValue
    return result
  }
}
