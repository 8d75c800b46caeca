import Glibc
import Synchronization

/// Temporary files whose writers have died.
enum StaleFiles {
  private static let cleaned = Mutex<Set<[UInt8]>>([])
  /// Files that somebody has named.
  private static let kept = Mutex<Set<FileStatus.Identity>>([])

  /// Keeps a file whatever its name.
  static func keep(_ file: FileStatus.Identity) { kept.withLock { _ = $0.insert(file) } }

  /// Removes those that lie in a folder; once a process, as a folder may hold a million pictures.
  ///
  /// Only files that end in a dot, `randomDigits()` and `TemporaryFile.suffix`, and that nobody has locked or named.
  static func remove(in folder: String) {
    guard cleaned.withLock({ $0.insert(folder.pathBytes).inserted }), let handle = opendir(folder.cPath) else { return }
    defer { closedir(handle) }
    let descriptor = dirfd(handle)
    while let entry = readdir(handle) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cPath: $0) }
      }
      if isTemporary(name.pathBytes) { removeUnlocked(name, in: descriptor) }
    }
  }

  static func isTemporary(_ name: [UInt8]) -> Bool {
    let suffix = Array(TemporaryFile.suffix.utf8)
    let random = name.dropLast(suffix.count).suffix(17)
    return name.suffix(suffix.count).elementsEqual(suffix) && random.first == UInt8(ascii: ".")
      && isRandom(random.dropFirst())
  }

  private static func removeUnlocked(_ name: String, in folder: Int32) {
    // Not a link, and not a pipe, whose opening would wait.
    let file = openat(folder, name.cPath, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard file >= 0 else { return }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG, flock(file, LOCK_EX | LOCK_NB) == 0 else {
      return
    }
    if kept.withLock({ $0.contains(FileStatus(status).identity) }) { return }
    unlinkat(folder, name.cPath, 0)
  }
}
