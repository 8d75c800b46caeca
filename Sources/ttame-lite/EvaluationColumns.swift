import Explain

extension EvaluationReport {
  /// One figure of a method, as tables show it.
  struct Column {
    let title: String
    /// Nil for costs.
    let better: BetterDirection?
    /// Whether a monotone curve on the maps can change it.
    let isMovedByCurve: Bool
    /// How a value is written.
    let format: @Sendable (Double) -> String
    let value: (MethodMetrics) -> Double?
  }

  /// What was measured of any of some methods.
  static func columns(of methods: [MethodMetrics]) -> [Column] {
    var columns = figures(of: methods).map { figure in
      Column(
        title: title(figure), better: figure.better, isMovedByCurve: figure.isMovedByCurve,
        format: { figure.text($0) }, value: { $0.figures[figure] })
    }
    func add(
      _ title: String, _ format: @escaping @Sendable (Double) -> String, _ value: @escaping (MethodMetrics) -> Double?
    ) {
      if methods.contains(where: { value($0) != nil }) {
        columns.append(Column(title: title, better: nil, isMovedByCurve: false, format: format, value: value))
      }
    }
    add("passes", count) { $0.cost?.forwardPasses }
    add("tail", count) { $0.cost?.tailPasses }
    add("backward", count) { $0.cost?.backwardPasses }
    add("ms", number) { $0.cost?.milliseconds }
    return columns
  }

  /// The figures of maps that any of some methods has, in the order of tables.
  static func figures(of methods: [MethodMetrics]) -> [MapFigure] {
    MapFigure.allCases.filter { figure in methods.contains { $0.figures[figure] != nil } }
  }

  /// A figure's name and unit.
  static func title(_ figure: MapFigure) -> String { figure.title + (figure.hasPercentSign ? " %" : "") }

  /// Percent, without the sign.
  static func percentage(_ value: Double) -> String { value.fixed(1) }

  /// How many on average.
  private static func count(_ value: Double) -> String { value.fixed(value == value.rounded() ? 0 : 1) }
}
