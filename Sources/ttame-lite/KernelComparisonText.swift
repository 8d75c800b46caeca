import Explain

extension KernelComparison {
  /// Lines for people.
  static func table(_ comparisons: [KernelComparison]) -> String {
    var table = Table(["kernel", "shape", "tier", "old ms", "new ms", "ratio", "+-", "verdict"])
    for c in comparisons {
      table.add([
        c.kernel, c.shape, c.tier, number(c.oldMilliseconds), number(c.milliseconds), number(c.ratio),
        percent(c.spread), c.verdict.rawValue,
      ])
    }
    func count(_ verdict: Verdict) -> Int { comparisons.count { $0.verdict == verdict } }
    return """
      Speed, new over old
      \(table.text)\(comparisons.count) compared: \(count(.faster)) faster, \(count(.slower)) slower, \
      \(count(.same)) the same

      """
  }
}
