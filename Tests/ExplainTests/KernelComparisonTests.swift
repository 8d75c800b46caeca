import Foundation
import Kernels
import Testing

@testable import Explain

/// Kernels' times that are made up.
@Suite struct KernelComparisonTests {
  private func json(
    kernel: String = "softmax", threads: Int = 1, milliseconds: Double = 1, spread: Double = 0, share: Double = 0.5,
    shareSpread: Double = 0, bound: String = "memory"
  ) -> String {
    """
    {"kernel":"\(kernel)","shape":"1000","tier":"avx2","networks":[],"threads":\(threads),"macs":10,"bytes":100,\
    "milliseconds":\(milliseconds),"spread":\(spread),"rounds":2,"gigaMACs":1,"gigaBytes":1,"peakGigaMACs":1,\
    "readGigaBytes":1,"bound":"\(bound)","share":\(share),"shareSpread":\(shareSpread)}
    """
  }

  private func times(_ kernels: [String]) throws -> [KernelTime] {
    try JSONDecoder().decode([KernelTime].self, from: Data("[\(kernels.joined(separator: ","))]".utf8))
  }

  private func record(_ kernels: [String], cpu: String = "A") throws -> KernelRecord {
    try KernelRecord(json: Array(#"{"cpu":"\#(cpu)","tiers":[],"kernels":[\#(kernels.joined(separator: ","))]}"#.utf8))
  }

  /// Twice the time at the same share of the bound: the clock was slower, the kernel is the same.
  @Test func onOneCPUSharesOfTheBoundCount() throws {
    let old = try record([json()])
    let new = try times([json(milliseconds: 2)])
    let same = old.compared(with: new, on: "A")
    #expect(same.count == 1 && same[0].ratio == 1 && same[0].verdict == .same)
    #expect(same[0].milliseconds == 2 && same[0].oldMilliseconds == 1)
    let other = old.compared(with: new, on: "B")
    #expect(other[0].ratio == 0.5 && other[0].verdict == .slower)
    // The bound itself is another: shares of two bounds cannot be compared.
    let rebound = old.compared(with: try times([json(milliseconds: 2, bound: "compute")]), on: "A")
    #expect(rebound[0].ratio == 0.5)
  }

  @Test(
    arguments: [
      (0.52, 0, .faster), (0.514, 0, .same), (0.487, 0, .same), (0.48, 0, .slower), (0.55, 0.1, .same),
      (0.7, 0.1, .faster), (0.4, 0.2, .same),
    ] as [(Double, Double, KernelComparison.Verdict)])
  func smallChangesAreNone(_ share: Double, _ spread: Double, _ verdict: KernelComparison.Verdict) throws {
    let comparison = try record([json()]).compared(with: try times([json(share: share, shareSpread: spread)]), on: "A")
    #expect(comparison.map(\.verdict) == [verdict] && abs(comparison[0].spread - spread) < 1e-12)
  }

  @Test func onlyTheSameMeasurementIsCompared() throws {
    let old = try record([json(), json(kernel: "gelu", threads: 2)])
    let new = try times([json(threads: 2), json(kernel: "gelu", threads: 2), json(kernel: "add")])
    #expect(old.compared(with: new, on: "A").map(\.kernel) == ["gelu"])
  }

  @Test(arguments: ["", "{}", "[]", #"{"cpu":"A","kernels":[{}]}"#])
  func whatIsNoRecordIsRefused(_ text: String) {
    #expect(throws: DecodingError.self) { try KernelRecord(json: Array(text.utf8)) }
  }
}
