import Explain
import FoundationEssentials
import Kernels

/// A kernel's speed against an earlier run of the benchmark.
struct KernelComparison: Encodable {
  enum Verdict: String, Encodable {
    case faster, slower, same
  }

  var kernel, shape, tier: String
  var milliseconds, oldMilliseconds: Double
  /// New speed over old. On one CPU speeds count relative to the bound that was measured beside them, because clocks drift
  /// from run to run; between two CPUs they count as they are.
  var ratio: Double
  /// Of the ratio: the spreads of both runs together.
  var spread: Double
  var verdict: Verdict

  /// A smaller change is never called one: repeated runs differ by as much.
  private static let smallestChange = 0.03

  init(_ new: KernelTime, _ old: KernelTime, onSameCPU: Bool) {
    (kernel, shape, tier) = (new.kernel, new.shape, new.tier)
    (milliseconds, oldMilliseconds) = (new.milliseconds, old.milliseconds)
    let isRelative = onSameCPU && new.bound == old.bound
    ratio = isRelative ? new.relativeSpeed / old.relativeSpeed : old.milliseconds / new.milliseconds
    let spreads = isRelative ? (new.shareSpread, old.shareSpread) : (new.spread, old.spread)
    spread = (spreads.0 * spreads.0 + spreads.1 * spreads.1).squareRoot()
    let least = max(Self.smallestChange, 2 * spread)
    verdict = ratio > 1 + least ? .faster : ratio < 1 / (1 + least) ? .slower : .same
  }

  /// Compares what both runs have measured, kernel, shape, instruction set and threads alike.
  ///
  /// - Parameter path: what `bench --json` wrote.
  static func compare(_ kernels: [KernelTime], on cpu: String, with path: String) throws -> [KernelComparison] {
    let old: OldReport
    do {
      old = try JSONDecoder().decode(OldReport.self, from: Data(try readFile(path)))
    } catch is DecodingError {
      throw Failure(.badData, "is not what 'bench --json' writes", subject: path)
    }
    let times = Dictionary(old.kernels.map { ($0.identity, $0) }) { first, _ in first }
    return kernels.compactMap { new in
      times[new.identity].map { KernelComparison(new, $0, onSameCPU: old.cpu == cpu) }
    }
  }

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

/// The part of an earlier report that comparisons need.
private struct OldReport: Decodable {
  var cpu: String
  var kernels: [KernelTime]
}

extension KernelTime {
  /// What makes two measurements comparable.
  fileprivate var identity: String { "\(kernel) \(shape) \(tier) \(threads)" }

  /// Runs in the time that the bound needs for one unit of work.
  fileprivate var relativeSpeed: Double { share / Double(bound == .compute ? macs : bytes) }
}
