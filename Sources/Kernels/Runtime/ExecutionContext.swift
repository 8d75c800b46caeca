import CShim
import Glibc

/// The kernels of one tier and the threads that run them.
public final class ExecutionContext: Sendable {
  public let kernels: KernelTable
  public let pool: ThreadPool

  /// - Parameters:
  ///   - tier: an available tier; nil chooses the best.
  ///   - threads: including the caller; nil takes all physical cores.
  public init(tier: CPUTier? = nil, threads: Int? = nil) {
    kernels = .table(for: tier ?? .best)
    pool = ThreadPool(threads: threads ?? physicalCores())
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

/// Physical cores that this process may run on: hardware threads of one core count once, affinity is honoured.
public func physicalCores() -> Int {
  var mask = [UInt8](repeating: 0, count: 1024)
  let bytes = shim_allowed_cpus(&mask, mask.count)
  guard bytes > 0 else { return max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }
  let allowed = (0..<bytes * 8).filter { mask[$0 / 8] >> ($0 % 8) & 1 == 1 }
  var cores = Set<String>()
  for cpu in allowed {
    cores.insert(readLine(of: "/sys/devices/system/cpu/cpu\(cpu)/topology/thread_siblings_list") ?? "\(cpu)")
  }
  return max(1, cores.count)
}

private func readLine(of path: String) -> String? {
  guard let file = fopen(path, "r") else { return nil }
  defer { fclose(file) }
  return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
    guard let base = buffer.baseAddress, fgets(base, 256, file) != nil else { return nil }
    return String(cString: base)
  }
}
