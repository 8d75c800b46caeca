import Glibc

/// Why a file could not be opened, read or written. The text follows the file's path in a message.
public enum FileError: Error, Equatable, Sendable, CustomStringConvertible {
  case notFound
  case permissionDenied
  case isDirectory
  /// Something in its path is a file and no folder.
  case notDirectory
  /// A device, pipe or socket where a regular file is needed.
  case notRegularFile
  /// The output would replace one of the files it is made from.
  case overwritesInput
  /// A system call failed with this `errno`.
  case system(call: String, code: Int32)

  public var description: String {
    switch self {
    case .notFound: "no such file"
    case .permissionDenied: "permission denied"
    case .notDirectory: "not a directory"
    case .isDirectory: "is a directory, a file is needed"
    case .notRegularFile: "is not a regular file"
    case .overwritesInput: "is one of the input files; choose another output"
    case .system(let call, let code): "\(call): \(String(cString: strerror(code)))"
    }
  }

  /// The error that `errno` holds after `call` failed.
  static func last(_ call: String) -> FileError {
    switch errno {
    case ENOENT: .notFound
    case ENOTDIR: .notDirectory
    case EACCES, EPERM, EROFS: .permissionDenied
    case EISDIR: .isDirectory
    case let code: .system(call: call, code: code)
    }
  }
}
