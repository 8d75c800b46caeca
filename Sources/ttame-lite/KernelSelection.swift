import Explain
import Kernels

/// The kernels and instruction sets that a pattern chooses.
struct KernelSelection {
  private let cases: [KernelCase]
  private let tiers: [CPUTier]
  private let threads: Int

  /// - Parameters:
  ///   - pattern: words that all have to occur in the names of kernel, shape and networks, or name an instruction set;
  ///     `all`; or `default`.
  ///   - highest: the highest instruction set.
  ///   - threads: nil: one.
  init(pattern: String, upTo highest: CPUTier, threads: Int?) throws {
    let words = pattern.split(separator: " ").map(String.init)
    let available = CPUTier.available.filter { $0 != .reference && $0 <= highest }
    let named = words.compactMap(CPUTier.named)
    tiers = named.isEmpty ? available : available.filter(named.contains)
    let rest = words.filter { CPUTier.named($0) == nil }
    cases =
      switch rest {
      case ["all"]: KernelCases.all
      case [KernelPattern.representative.text]: KernelCases.representative
      default: KernelCases.matching(rest.joined(separator: " "))
      }
    self.threads = threads ?? 1
    if tiers.isEmpty { throw Failure(.usage, "--kernels '\(pattern)': this CPU has no such instruction set") }
    if cases.isEmpty {
      var names: [String] = []
      for item in KernelCases.all where !names.contains(item.shape.kernel) { names.append(item.shape.kernel) }
      throw Failure(.usage, "--kernels '\(pattern)' matches no shape of \(names.joined(separator: ", "))")
    }
  }

  /// What the machine can do at best: each instruction set, and the best one on all cores too.
  func rooflines() -> [Roofline] {
    let cores = usableCores()
    var contexts = tiers.map { ExecutionContext(tier: $0, threads: threads) }
    if threads == 1, cores > 1 { contexts.append(ExecutionContext(tier: tiers.last, threads: cores)) }
    return contexts.map { $0.roofline() }
  }

  /// - Throws: `Failure` where a kernel computes something else than the reference.
  func measure(rounds: Int) throws -> [KernelTime] {
    let benchmark = KernelBenchmark(
      contexts: tiers.map { ExecutionContext(tier: $0, threads: threads) }, rounds: rounds)
    do { return try benchmark.measure(cases) } catch {
      throw Failure(.software, "\(error)")
    }
  }
}
