import CShim
import Glibc

/// A file in the making, beside the one whose name it gets when it is complete.
///
/// Its name has a random part, so that no other process and none that died has the same. As long as it lives its writer
/// holds a lock on it (flock), which tells a living writer from a dead one where process numbers cannot: in containers
/// all are number 1. The first temporary file of a process in a folder removes those that dead ones have left there.
///
/// A new file gets the mode that the umask allows, and one that replaces another keeps that one's.
public final class TemporaryFile {
  /// Ends the names of all temporary files.
  static let suffix = ".ttame-tmp"

  /// Where the bytes are until `commit()`.
  public let path: String
  /// What `commit()` replaces: the path that was given, links followed.
  public let target: String
  /// Open for writing; closed by `commit()`.
  public private(set) var descriptor: Int32
  /// Of the same open file; keeps the lock until the file has its name.
  private let lock: Int32
  /// The file that is replaced.
  private let old: stat?

  /// Creates an empty temporary file for `path`.
  ///
  /// - Throws: `isDirectory`, `notRegularFile` for what cannot be replaced, or why it cannot be created.
  public init(replacing path: String) throws(FileError) {
    target = try Self.target(of: path)
    StaleFiles.remove(in: parentFolder(target) ?? ".")
    var status = stat()
    old = stat(target.cPath, &status) == 0 ? status : nil
    // Nobody reads what will be private, not even before it is.
    (self.path, descriptor) = try Self.create(for: target, mode: old == nil ? 0o666 : 0o600)
    lock = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
  }

  deinit {
    guard descriptor >= 0 else { return }
    unlink(path.cPath)
    close(descriptor)
    if lock >= 0 { close(lock) }
  }

  /// Gives the file its name.
  ///
  /// - Parameter isDurable: whether it shall be there after a loss of power.
  public func commit(isDurable: Bool = false) throws(FileError) {
    try commit(isDurable: isDurable, by: rename)
  }

  /// Gives the file its name if nothing has that name yet, also no file of another process since a moment ago.
  ///
  /// - Returns: false where something has; then the file is gone.
  public func commitNew(isDurable: Bool = false) throws(FileError) -> Bool {
    do throws(FileError) { try commit(isDurable: isDurable, by: shim_rename_new) } catch .system(_, EEXIST) {
      return false
    }
    return true
  }

  private func commit(
    isDurable: Bool, by move: (UnsafePointer<CChar>, UnsafePointer<CChar>) -> Int32
  ) throws(FileError) {
    if let old {
      if old.st_uid != geteuid() || old.st_gid != getegid() { _ = fchown(descriptor, old.st_uid, old.st_gid) }
      fchmod(descriptor, old.st_mode & 0o777)
    }
    if isDurable, fsync(descriptor) != 0 { throw .last("fsync") }
    // Some file systems report a full disk only here.
    let isClosed = close(descriptor) == 0
    let error = FileError.last("close")
    descriptor = -1
    defer { if lock >= 0 { close(lock) } }
    guard isClosed else {
      unlink(path.cPath)
      throw error
    }
    guard move(path.cPath, target.cPath) == 0 else {
      let error = FileError.last("rename")
      unlink(path.cPath)
      throw error
    }
    if isDurable { syncFolder() }
  }

  /// Where a file that is written to `path` will be: links are followed, also one whose file is not there yet.
  ///
  /// - Throws: for what is there and no regular file.
  public static func target(of path: String) throws(FileError) -> String {
    var path = path
    // As many links as the kernel follows.
    for _ in 0..<40 {
      var status = stat()
      if stat(path.cPath, &status) == 0 {
        guard status.st_mode & S_IFMT != S_IFDIR else { throw .isDirectory }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .notRegularFile }
        guard let resolved = realpath(path.cPath, nil) else { throw .last("realpath") }
        defer { free(resolved) }
        return String(cPath: resolved)
      }
      guard errno == ENOENT else { throw .last("stat") }
      guard let next = linkTarget(path) else { return path }
      path = next.hasPrefix("/") ? next : (parentFolder(path) ?? "").appending(next)
    }
    throw .system(call: "stat", code: ELOOP)
  }

  /// The name of a temporary file for `target`, not yet created.
  public static func name(for target: String) -> String {
    target.extended(by: "." + randomDigits() + suffix)
  }

  /// Keeps a file from being taken for what a dead process has left, whatever its name: an input that somebody rescues.
  public static func keep(_ file: FileStatus) { StaleFiles.keep(file.identity) }

  /// Locks a file that has been given such a name otherwise, so that it is not taken for a dead one's.
  ///
  /// - Returns: a descriptor to close when the file is no longer needed; -1 where there is none.
  public static func lock(_ path: String) -> Int32 {
    let file = open(path.cPath, O_RDONLY | O_CLOEXEC)
    if file >= 0 { flock(file, LOCK_EX | LOCK_NB) }
    return file
  }

  private static func create(for target: String, mode: mode_t) throws(FileError) -> (String, Int32) {
    while true {
      let path = name(for: target)
      let file = open(path.cPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
      if file < 0, errno == EEXIST { continue }
      guard file >= 0 else { throw .last("open") }
      // Before it was locked somebody may have taken it for a dead one's.
      var status = stat()
      if flock(file, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK, fstat(file, &status) == 0, status.st_nlink > 0 {
        return (path, file)
      }
      close(file)
    }
  }

  private static func linkTarget(_ path: String) -> String? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PATH_MAX)) { buffer in
      guard let base = buffer.baseAddress else { return nil }
      let length = readlink(path.cPath, base, buffer.count - 1)
      guard length >= 0 else { return nil }
      buffer[length] = 0
      return String(cPath: base)
    }
  }

  /// Makes the new name durable too. Some file systems cannot; the file itself is complete either way.
  private func syncFolder() {
    let handle = open((parentFolder(target) ?? ".").cPath, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard handle >= 0 else { return }
    fsync(handle)
    close(handle)
  }
}
