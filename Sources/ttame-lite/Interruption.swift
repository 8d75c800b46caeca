import Glibc

/// Lets Ctrl-C wait until a file is complete under its name, so that it never leaves a part of one.
enum Interruption {
  // Plain integers with constant initial values: signal handlers may touch nothing else.
  nonisolated(unsafe) private static var isProtected: sig_atomic_t = 0
  nonisolated(unsafe) private static var pending: sig_atomic_t = 0

  static func install() {
    (isProtected, pending) = (0, 0)
    for number in [SIGINT, SIGTERM, SIGHUP] {
      // Whoever started us with a signal ignored (nohup) wants it to stay so.
      if address(signal(number, handler)) == address(SIG_IGN) { signal(number, SIG_IGN) }
    }
  }

  /// Functions of C cannot be compared, their addresses can.
  private static func address(_ handler: (@convention(c) (Int32) -> Void)?) -> Int {
    unsafeBitCast(handler, to: Int.self)
  }

  private static let handler: @convention(c) (Int32) -> Void = { number in
    if isProtected != 0 {
      pending = number
    } else {
      signal(number, SIG_DFL)
      raise(number)
    }
  }

  /// Whether a signal waits for the protected work to end.
  static var isRequested: Bool { pending != 0 }

  /// Runs `body` to its end before a signal ends the process. Calls may nest.
  static func protecting<Result, Error>(_ body: () throws(Error) -> Result) throws(Error) -> Result {
    let outer = isProtected
    isProtected = 1
    defer {
      isProtected = outer
      if outer == 0, pending != 0 {
        signal(pending, SIG_DFL)
        raise(pending)
      }
    }
    return try body()
  }
}
