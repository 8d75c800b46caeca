/// A kernel of one context on one shape, in memory of its own: it runs again and again, and shows what it has computed.
package struct KernelRun {
  package var run: () -> Void
  /// What the last run has written, in an order that all tiers share.
  package var result: () -> KernelResult
}
