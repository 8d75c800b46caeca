import Explain
import Glibc

/// Writing files whole: under their name they are complete or not there.
enum OutputFile {
  /// Writes a file through a temporary neighbour; a device or pipe is written as it is.
  ///
  /// - Parameter isNew: whether nothing may have the name yet.
  /// - Returns: false where it is new and something has the name by now; then nothing is written.
  /// - Throws: `OutputClosed`, or a `Failure` about `path`.
  @discardableResult
  static func write(_ bytes: [UInt8], to path: String, isNew: Bool = false) throws -> Bool {
    if let status = FileStatus(path) {
      if status.isFolder { throw Failure(.cannotCreate, "is a directory", subject: path) }
      if isNew { return false }
      guard status.isRegular else {
        try writeInPlace(bytes, path)
        return true
      }
    }
    return try Interruption.protecting { try replace(path, with: bytes, isNew: isNew) }
  }

  /// Opens a file for lines that are added one by one; empties it first, unless it continues. A last line that was cut
  /// is ended, so that it takes no other with it.
  static func openLog(_ path: String, continues: Bool = false) throws -> Int32 {
    if FileStatus(path)?.isPipe == true { return try openPipe(path) }
    let file = open(path.cPath, O_WRONLY | O_CREAT | (continues ? 0 : O_TRUNC) | O_APPEND | O_CLOEXEC, 0o666)
    guard file >= 0 else { throw Failure.creating(path) }
    if continues, !endsLine(path) {
      try [UInt8(ascii: "\n")].withUnsafeBytes { try writeAll($0, to: file, subject: path, isShared: true) }
    }
    return file
  }

  private static func endsLine(_ path: String) -> Bool {
    guard let bytes = FileStatus(path)?.bytes, bytes > 0 else { return true }
    return fileStart(path, 1, at: bytes - 1) == [UInt8(ascii: "\n")]
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
    let file = FileStatus(path)?.isPipe == true ? try openPipe(path) : open(path.cPath, O_WRONLY | O_CLOEXEC)
    guard file >= 0 else { throw Failure.creating(path) }
    defer { close(file) }
    try bytes.withUnsafeBytes { try writeAll($0, to: file, subject: path) }
  }

  /// Microseconds between two looks for the reader of a pipe.
  private static let patience: UInt32 = 20_000

  /// Opens a pipe that has a name when somebody reads it. Until then nothing is begun, and a signal ends the process even
  /// where others wait for work in hand.
  private static func openPipe(_ path: String) throws -> Int32 {
    while true {
      let file = open(path.cPath, O_WRONLY | O_NONBLOCK | O_CLOEXEC)
      if file >= 0 { return file }
      guard errno == ENXIO || errno == EINTR else { throw Failure.creating(path) }
      Interruption.endIfRequested()
      usleep(patience)
    }
  }

  private static func replace(_ path: String, with bytes: [UInt8], isNew: Bool) throws -> Bool {
    do {
      let file = try TemporaryFile(replacing: path)
      try bytes.withUnsafeBytes { try writeAll($0, to: file.descriptor, subject: path) }
      if isNew { return try file.commitNew() }
      try file.commit()
      return true
    } catch let error as FileError { throw Failure(error, writing: path) }
  }
}
