import Explain
import Glibc

/// Writing files whole: under their name they are complete or not there.
enum OutputFile {
  /// Writes a file through a temporary neighbour; a device or pipe is written as it is.
  ///
  /// - Throws: `OutputClosed`, or a `Failure` about `path`.
  static func write(_ bytes: [UInt8], to path: String) throws {
    var status = stat()
    let exists = stat(path.cPath, &status) == 0
    if exists, status.st_mode & S_IFMT == S_IFDIR { throw Failure(.cannotCreate, "is a directory", subject: path) }
    if exists, status.st_mode & S_IFMT != S_IFREG { return try writeInPlace(bytes, path) }
    // A rename must replace the file and not a symbolic link to it.
    let target = exists ? resolved(path) : path
    try Interruption.protecting { try replace(target, with: bytes, subject: path) }
  }

  /// Finds out, before hours of work, what keeps a file from being written after them.
  ///
  /// - Parameter inputs: files that it must not replace.
  static func checkReplaceable(_ path: String, inputs: [String]) throws {
    if let status = FileStatus(path) {
      if status.isFolder { throw Failure(.cannotCreate, "is a directory", subject: path) }
      if inputs.contains(where: { FileStatus($0)?.identity == status.identity }) {
        throw Failure(.cannotCreate, "is an input; it is not overwritten", subject: path)
      }
    } else if access((parentFolder(path) ?? ".").cPath, W_OK) != 0 {
      throw Failure.creating(path)
    }
  }

  /// Opens a file for lines that are added one by one; empties it first, unless it continues.
  static func openLog(_ path: String, continues: Bool = false) throws -> Int32 {
    let file = open(path.cPath, O_WRONLY | O_CREAT | (continues ? 0 : O_TRUNC) | O_APPEND | O_CLOEXEC, 0o666)
    guard file >= 0 else { throw Failure.creating(path) }
    return file
  }

  /// Makes a folder, and those above it, if they are missing.
  static func makeFolder(_ path: String) throws {
    if FileStatus(path)?.isFolder == true { return }
    if let parent = parentFolder(path), parent != path { try makeFolder(parent) }
    guard mkdir(path.cPath, 0o777) == 0 || errno == EEXIST else { throw Failure.creating(path) }
  }

  private static func writeInPlace(_ bytes: [UInt8], _ path: String) throws {
    let file = open(path.cPath, O_WRONLY | O_CLOEXEC)
    guard file >= 0 else { throw Failure.creating(path) }
    defer { close(file) }
    try bytes.withUnsafeBytes { try writeAll($0, to: file, subject: path) }
  }

  private static func replace(_ target: String, with bytes: [UInt8], subject: String) throws {
    let temporary = target.extended(by: ".\(getpid()).tmp")
    let file = open(temporary.cPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard file >= 0 else { throw Failure.creating(subject) }
    do {
      try bytes.withUnsafeBytes { try writeAll($0, to: file, subject: subject) }
    } catch {
      close(file)
      unlink(temporary.cPath)
      throw error
    }
    // Some file systems report a full disk only here.
    guard close(file) == 0, rename(temporary.cPath, target.cPath) == 0 else {
      let failure = Failure.writing(subject)
      unlink(temporary.cPath)
      throw failure
    }
  }

  private static func resolved(_ path: String) -> String {
    guard let real = realpath(path.cPath, nil) else { return path }
    defer { free(real) }
    return String(cPath: real)
  }
}
