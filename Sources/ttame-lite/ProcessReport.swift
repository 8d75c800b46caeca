import Explain

/// What `bench --only` has measured: a pass, and the process that ran nothing else.
struct ProcessReport: Encodable {
  var times: PassTimes
  /// Mapped weights included; nil where the system does not tell.
  var peakMemoryBytes: Int?
  /// Of the model file.
  var fileBytes: Int?

  func table() -> String {
    let t = times
    let memory = peakMemoryBytes.map { ", \(number(Double($0) * 1e-6)) MB of memory at most" } ?? ""
    return """
      \(t.model), \(t.tier), \(counted(t.threads, "thread")), \(t.rounds) runs
      \(t.pass.rawValue): \(number(t.median)) ms (median), \(number(t.fastest)) ms (fastest), spread \(percent(t.spread))
      first: \(number(t.first)) ms\(memory)

      """
  }
}
