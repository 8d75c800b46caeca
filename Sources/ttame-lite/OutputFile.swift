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
    try Interruption.protecting { try replace(path, with: bytes) }
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
    if mkdir(path.cPath, 0o777) == 0 { return }
    guard errno == EEXIST else { throw Failure.creating(path) }
    // Another process may have made it meanwhile.
    guard let status = FileStatus(path) else { throw Failure.creating(path) }
    if status.isFolder { return }
    errno = ENOTDIR
    throw Failure.creating(path)
  }

  private static func writeInPlace(_ bytes: [UInt8], _ path: String) throws {
    let file = open(path.cPath, O_WRONLY | O_CLOEXEC)
    guard file >= 0 else { throw Failure.creating(path) }
    defer { close(file) }
    try bytes.withUnsafeBytes { try writeAll($0, to: file, subject: path) }
  }

  private static func replace(_ path: String, with bytes: [UInt8]) throws {
    do {
      let file = try TemporaryFile(replacing: path)
      try bytes.withUnsafeBytes { try writeAll($0, to: file.descriptor, subject: path) }
      try file.commit()
    } catch let error as FileError { throw Failure(error, writing: path) }
  }
}
