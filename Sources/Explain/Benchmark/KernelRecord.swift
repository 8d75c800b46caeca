import FoundationEssentials
import Kernels

/// The kernels of an earlier run of the benchmark, as far as comparisons need it.
public struct KernelRecord: Decodable, Sendable {
  let cpu: String
  let kernels: [KernelTime]

  /// - Parameter json: what `bench --json` wrote.
  /// - Throws: `DecodingError` where it is something else.
  public init(json: [UInt8]) throws { self = try JSONDecoder().decode(Self.self, from: Data(json)) }

  /// Compares what both runs have measured, kernel, shape, instruction set and threads alike.
  ///
  /// - Parameters:
  ///   - kernels: of the new run.
  ///   - cpu: that it ran on.
  public func compared(with kernels: [KernelTime], on cpu: String) -> [KernelComparison] {
    let old = Dictionary(self.kernels.map { ($0.identity, $0) }) { first, _ in first }
    return kernels.compactMap { new in
      old[new.identity].map { KernelComparison(new, $0, onSameCPU: self.cpu == cpu) }
    }
  }
}

extension KernelTime {
  /// What makes two measurements comparable.
  fileprivate var identity: String { "\(kernel) \(shape) \(tier) \(threads)" }
}
