import Glibc
import Synchronization

/// Says what happened when a mapped file cannot be read any more: another process made it shorter, or its disk failed.
/// The system tells by SIGBUS, in the middle of a kernel, from where there is no way back.
enum LostMapping {
  private static let line: StaticString =
    "ttame-lite: a model or weights file was truncated or became unreadable while in use; replace such files by renaming\n"
  /// Threads that have met it; the first one speaks.
  private static let witnesses = Atomic<Int>(0)

  static func install() {
    // A handler may touch nothing that is not initialised yet.
    witnesses.store(0, ordering: .sequentiallyConsistent)
    signal(SIGBUS, handler)
  }

  // Only what is safe in a signal handler: no allocation, no locks.
  private static let handler: @convention(c) (Int32) -> Void = { _ in
    while witnesses.add(1, ordering: .sequentiallyConsistent).newValue > 1 { pause() }
    let line = LostMapping.line
    _ = write(STDERR_FILENO, line.utf8Start, line.utf8CodeUnitCount)
    _exit(ExitStatus.inputOutput.rawValue)
  }
}
