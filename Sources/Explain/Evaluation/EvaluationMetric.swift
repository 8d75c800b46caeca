/// What can be measured of a model.
public enum EvaluationMetric: Hashable, CaseIterable, RawRepresentable, Sendable {
  /// Share of images whose class is predicted, and is among the five best.
  case accuracy
  case map(MapMetric)

  public static var allCases: [EvaluationMetric] { [.accuracy] + MapMetric.allCases.map(EvaluationMetric.map) }
  public static var names: [String] { allCases.map(\.rawValue) }

  public init?(rawValue: String) {
    guard let metric = Self.allCases.first(where: { $0.rawValue == rawValue }) else { return nil }
    self = metric
  }

  public var rawValue: String {
    switch self {
    case .accuracy: "accuracy"
    case .map(let metric): metric.rawValue
    }
  }

  /// Nil where no map is needed.
  public var ofMaps: MapMetric? { if case .map(let metric) = self { metric } else { nil } }
}
