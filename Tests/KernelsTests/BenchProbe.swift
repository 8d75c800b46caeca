import Kernels
import Testing
@Test func benchProbe() {
  for tier in CPUTier.available where tier != .reference {
    let c = ExecutionContext(tier: tier, threads: 1)
    for k in [64,128, 256, 1024] { let s = c.peakShare(reduction: k); print(tier, s.kernel, k, s.peak, s.reached, s.share) }
    let s = c.peakShare(isFloat: true, reduction: 256); print(tier, s.kernel, s.peak, s.reached, s.share)
  }
}
