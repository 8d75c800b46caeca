import Explain

extension EvaluationReport {
  /// One figure of a method, as tables show it.
  struct Column {
    let title: String
    /// Nil for costs.
    let better: BetterDirection?
    /// How a value is written.
    let format: @Sendable (Double) -> String
    let value: (MethodMetrics) -> Double?
  }

  /// What was measured of any of some methods.
  static func columns(of methods: [MethodMetrics]) -> [Column] {
    var columns: [Column] = []
    func add(
      _ title: String, _ better: BetterDirection?, _ format: @escaping @Sendable (Double) -> String,
      _ value: @escaping (MethodMetrics) -> Double?
    ) {
      if methods.contains(where: { value($0) != nil }) {
        columns.append(Column(title: title, better: better, format: format, value: value))
      }
    }
    let shares = KeptShare.allCases.map { "\($0.rawValue)" }
    for share in shares { add("AD \(share)", .lower, percentage) { $0.ad?[share] } }
    for share in shares { add("IC \(share)", .higher, percentage) { $0.ic?[share] } }
    add("MoRF %", .lower, percentage) { $0.road.map { 100 * $0.morfMean } }
    add("LeRF %", .higher, percentage) { $0.road.map { 100 * $0.lerfMean } }
    add("insertion", .higher, area) { $0.insertion }
    add("deletion", .lower, area) { $0.deletion }
    add("pointing %", .higher, percentage) { $0.pointing.map { 100 * $0 } }
    add("energy %", .higher, percentage) { $0.energy.map { 100 * $0 } }
    add("trust", .higher, area) { $0.trust }
    add("passes", nil, count) { $0.cost?.forwardPasses }
    add("tail", nil, count) { $0.cost?.tailPasses }
    add("backward", nil, count) { $0.cost?.backwardPasses }
    add("ms", nil, number) { $0.cost?.milliseconds }
    return columns
  }

  /// Percent, without the sign.
  static func percentage(_ value: Double) -> String { value.fixed(1) }

  /// An area under a curve, or another value of 0...1.
  static func area(_ value: Double) -> String { value.fixed(3) }

  /// How many on average.
  private static func count(_ value: Double) -> String { value.fixed(value == value.rounded() ? 0 : 1) }
}
