import Kernels

/// A kernel's speed against an earlier run of the benchmark.
public struct KernelComparison: Encodable, Sendable {
  public enum Verdict: String, Encodable, Sendable {
    case faster, slower, same
  }

  public let kernel, shape, tier: String
  public let milliseconds, oldMilliseconds: Double
  /// New speed over old. On one CPU speeds count relative to the bound that was measured beside them, because clocks drift
  /// from run to run; between two CPUs they count as they are.
  public let ratio: Double
  /// Of the ratio: the spreads of both runs together.
  public let spread: Double
  public let verdict: Verdict

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
}

extension KernelTime {
  /// Runs in the time that the bound needs for one unit of work.
  fileprivate var relativeSpeed: Double { share / Double(bound == .compute ? macs : bytes) }
}
