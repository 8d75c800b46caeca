import Explain
import Glibc

/// Why something was not done: one line for the user, and the status it ends in.
struct Failure: Error {
  let status: ExitStatus
  /// The input, output or option that failed; nil where the message says it.
  let subject: String?
  let message: String
  /// Whether the pictures that follow cannot be answered either: the output that all share has failed.
  let isFinal: Bool

  init(_ status: ExitStatus, _ message: String, subject: String? = nil, isFinal: Bool = false) {
    self.status = status
    self.subject = subject
    self.message = message
    self.isFinal = isFinal
  }

  /// The line on standard error.
  var line: String {
    "ttame-lite: " + (subject.map { $0.shownPath + ": " } ?? "") + message.onOneLine
  }

  func report() { printError(line) }
}

extension Failure {
  /// What an error of reading or understanding `subject` means.
  init(_ error: any Error, reading subject: String) {
    switch error {
    case let failure as Failure: self = failure
    case let error as FileError: self.init(error.readStatus, "\(error)", subject: subject)
    case SafetensorsError.file(let error), ModelError.safetensors(.file(let error)):
      self.init(error.readStatus, "\(error)", subject: subject)
    case MethodError.engine(let error): self.init(error.status, "\(error)", subject: subject)
    case let error as EngineError: self.init(error.status, "\(error)", subject: subject)
    case let error as ImageError: self.init(error, subject: subject)
    case let error as ClassNameError: self.init(.usage, "\(error)")
    default: self.init(.badData, "\(error)", subject: subject)
    }
  }

  /// What an error of a picture means; with the option that may help.
  private init(_ error: ImageError, subject: String) {
    switch error {
    case .outOfMemory(.jpeg, _): self.init(.system, "\(error); --max-pixels N reads it smaller", subject: subject)
    case .outOfMemory: self.init(.system, "\(error)", subject: subject)
    case .sideTooLong(let width, let height, _) where max(width, height) > ImageLimits.longestSide:
      self.init(.badData, "\(error)", subject: subject)
    case .tooManyPixels, .sideTooLong:
      self.init(.badData, "\(error); --max-pixels N raises the limit", subject: subject)
    default: self.init(.badData, "\(error)", subject: subject)
    }
  }

  /// What an error of writing `subject` means.
  init(_ error: FileError, writing subject: String) {
    let status: ExitStatus =
      switch error {
      case .system(_, ENOMEM): .system
      case .system(let call, _) where call != "open" && call != "stat": .inputOutput
      default: .cannotCreate
      }
    let message =
      switch error {
      case .notFound: "cannot be created: \(String(cString: strerror(ENOENT)))"
      case .notDirectory: "cannot be created: \(String(cString: strerror(ENOTDIR)))"
      default: "\(error)"
      }
    self.init(status, message, subject: subject)
  }

  /// A system call on an input that failed with the current `errno`.
  static func reading(_ subject: String) -> Failure {
    switch errno {
    case EISDIR: Failure(.inputMissing, "is a directory; name the files in it instead", subject: subject)
    case ENOENT: Failure(.inputMissing, "no such file", subject: subject)
    case ENOTDIR: Failure(.inputMissing, "not a directory", subject: subject)
    case EBADF: Failure(.inputMissing, "is closed; name a file, or pipe an image in", subject: subject)
    case EACCES, EPERM: Failure(.inputMissing, "permission denied", subject: subject)
    case ENAMETOOLONG, ELOOP: Failure(.inputMissing, String(cString: strerror(errno)), subject: subject)
    case let code: Failure(.inputOutput, String(cString: strerror(code)), subject: subject)
    }
  }

  /// A system call that should have created an output failed with the current `errno`.
  static func creating(_ subject: String) -> Failure {
    Failure(.cannotCreate, "cannot be created: \(String(cString: strerror(errno)))", subject: subject)
  }

  /// A write failed with the current `errno`.
  static func writing(_ subject: String, isFinal: Bool = false) -> Failure {
    let reason = errno == EBADF ? "it is closed" : String(cString: strerror(errno))
    return Failure(.inputOutput, "cannot be written: \(reason)", subject: subject, isFinal: isFinal)
  }
}

extension FileError {
  /// What it means that an input cannot be read.
  var readStatus: ExitStatus {
    switch self {
    case .notFound, .permissionDenied, .isDirectory, .notDirectory, .notRegularFile: .inputMissing
    case .overwritesInput: .cannotCreate
    case .system(_, ENOMEM): .system
    case .system(_, ENAMETOOLONG), .system(_, ELOOP): .inputMissing
    case .system: .inputOutput
    }
  }
}

extension EngineError {
  fileprivate var status: ExitStatus {
    switch self {
    case .noHead, .notFinite: .badData
    case .outOfMemory: .system
    }
  }
}
