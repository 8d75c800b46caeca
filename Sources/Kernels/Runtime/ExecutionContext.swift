import CShim

/// The kernels of one tier and the threads that run them.
public final class ExecutionContext: Sendable {
  public let kernels: KernelTable
  public let pool: ThreadPool

  /// - Parameters:
  ///   - tier: an available tier; nil chooses the best.
  ///   - threads: including the caller; nil takes as many as `usableCores()`.
  public init(tier: CPUTier? = nil, threads: Int? = nil) {
    kernels = .table(for: tier ?? .best)
    pool = ThreadPool(threads: threads ?? usableCores())
  }

  /// Kernels that no tier stands for: the reference in another tier's format; wrong ones, in tests.
  package init(kernels: KernelTable, threads: Int) {
    self.kernels = kernels
    pool = ThreadPool(threads: threads)
  }

  /// Runs `body` with denormals flushed to zero in the calling thread, as the workers have it.
  public func withFlushedDenormals<R>(_ body: () -> R) -> R {
    let before = shim_flush_denormals()
    defer { shim_restore_float_control(before) }
    return body()
  }

  /// Splits `0 ..< count` into ranges of about `grain` and calls `body` for each, in parallel.
  public func forEachRange(count: Int, grain: Int, _ body: (Range<Int>) -> Void) {
    let chunks = max(1, min(count / max(1, grain), pool.threads == 1 ? 1 : 8 * pool.threads))
    pool.run(chunks: chunks) { chunk in
      let range = chunk * count / chunks..<(chunk + 1) * count / chunks
      if !range.isEmpty { body(range) }
    }
  }
}
