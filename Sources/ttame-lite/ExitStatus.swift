import ArgumentParser

/// What the process answers to the shell, after sysexits(3). Larger is worse.
enum ExitStatus: Int32, Comparable {
  case ok = 0
  case usage = 64
  /// An image or a model is refused.
  case badData = 65
  case inputMissing = 66
  /// Our own bug.
  case software = 70
  /// The system has no memory left for us.
  case system = 71
  case cannotCreate = 73
  case inputOutput = 74

  /// What `--help` says of it.
  static let help = """
    Exit status: 0 success; 64 usage; 65 bad image, list or model; 66 missing input; 70 bug; 71 out of memory; 73 cannot \
    create output; 74 I/O error. With several inputs, the others are still processed and the worst status is returned.
    """

  static func < (a: ExitStatus, b: ExitStatus) -> Bool { a.rawValue < b.rawValue }

  /// Ends the command with this status; nothing more is said.
  func end() throws {
    if self != .ok { throw ExitCode(rawValue) }
  }
}
