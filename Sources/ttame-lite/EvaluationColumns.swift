import Explain

extension EvaluationReport {
  /// One figure of a method, as tables show it.
  struct Column {
    let title: String
    /// Nil for costs.
    let better: BetterDirection?
    let value: (Metrics) -> Double?
  }

  /// What was measured of any of some methods.
  static func columns(of methods: [Metrics]) -> [Column] {
    var columns: [Column] = []
    func add(_ title: String, _ better: BetterDirection?, _ value: @escaping (Metrics) -> Double?) {
      if methods.contains(where: { value($0) != nil }) {
        columns.append(Column(title: title, better: better, value: value))
      }
    }
    let shares = KeptShare.allCases.map { "\($0.rawValue)" }
    for share in shares { add("AD \(share)", .lower) { $0.ad?[share] } }
    for share in shares { add("IC \(share)", .higher) { $0.ic?[share] } }
    add("MoRF %", .lower) { $0.road.map { 100 * $0.morfMean } }
    add("LeRF %", .higher) { $0.road.map { 100 * $0.lerfMean } }
    add("insertion", .higher) { $0.insertion }
    add("deletion", .lower) { $0.deletion }
    add("pointing %", .higher) { $0.pointing.map { 100 * $0 } }
    add("energy %", .higher) { $0.energy.map { 100 * $0 } }
    add("trust", .higher) { $0.trust }
    add("passes", nil) { $0.cost?.forwardPasses }
    add("tail", nil) { $0.cost?.tailPasses }
    add("backward", nil) { $0.cost?.backwardPasses }
    add("ms", nil) { $0.cost?.milliseconds }
    return columns
  }
}
