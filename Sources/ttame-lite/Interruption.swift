import Glibc
import Synchronization

/// Lets Ctrl-C and other requests to end wait for work that must not be left half done: a file under its name, a picture
/// on its way through a pipe. A second request ends the process at once.
enum Interruption {
  // Signal handlers may touch nothing but lock-free atomics, which `install()` has initialised before any can run.
  private static let held = Atomic<Int>(0)
  private static let requested = Atomic<Int32>(0)

  static func install() {
    held.store(0, ordering: .sequentiallyConsistent)
    requested.store(0, ordering: .sequentiallyConsistent)
    for number in [SIGINT, SIGTERM, SIGHUP] {
      // Whoever started us with a signal ignored (nohup) wants it to stay so.
      if address(signal(number, handler)) == address(SIG_IGN) { signal(number, SIG_IGN) }
    }
  }

  /// Functions of C cannot be compared, their addresses can.
  private static func address(_ handler: (@convention(c) (Int32) -> Void)?) -> Int {
    unsafeBitCast(handler, to: Int.self)
  }

  // The handler stores, then looks whether work is held; `hold()` holds work, then looks whether a signal is stored. In
  // whatever order the two run, one of them sees the other.
  private static let handler: @convention(c) (Int32) -> Void = { number in
    let isFirst = requested.compareExchange(expected: 0, desired: number, ordering: .sequentiallyConsistent).exchanged
    if !isFirst || held.load(ordering: .sequentiallyConsistent) == 0 { end(by: number) }
  }

  private static func end(by number: Int32) {
    signal(number, SIG_DFL)
    raise(number)
  }

  /// Whether a signal waits for the held work to end.
  static var isRequested: Bool { requested.load(ordering: .sequentiallyConsistent) != 0 }

  /// Ends the process if a signal waits, whatever is held: for work that cannot go on.
  static func endIfRequested() {
    let number = requested.load(ordering: .sequentiallyConsistent)
    if number != 0 { end(by: number) }
  }

  /// Makes signals wait until `release()`, which any thread may call. Calls may nest.
  ///
  /// - Returns: false where a signal waits already: the work shall not begin.
  static func hold() -> Bool {
    held.add(1, ordering: .sequentiallyConsistent)
    guard isRequested else { return true }
    release()
    return false
  }

  /// Ends what `hold()` began; the process too, if a signal waits for this.
  static func release() {
    let (_, left) = held.subtract(1, ordering: .sequentiallyConsistent)
    let number = requested.load(ordering: .sequentiallyConsistent)
    if left == 0, number != 0 { end(by: number) }
  }

  /// Runs `body` to its end before a signal ends the process. Calls may nest.
  static func protecting<Result, Error>(_ body: () throws(Error) -> Result) throws(Error) -> Result {
    held.add(1, ordering: .sequentiallyConsistent)
    defer { release() }
    return try body()
  }
}
