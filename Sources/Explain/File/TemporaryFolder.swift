import Glibc

/// A folder for files that nobody keeps, in `$TMPDIR` or else `/tmp` unless another is wanted; it goes away with this object.
///
/// Like a `TemporaryFile` it has a random name and a lock, and the next one that is made removes those that dead processes of
/// the same user have left.
public final class TemporaryFolder {
  private static let prefix = "ttame-lite-"

  public let path: String
  private let lock: Int32

  public convenience init() throws(FileError) {
    let variable = getenv("TMPDIR").map { String(cPath: $0) } ?? ""
    try self.init(in: variable.isEmpty ? "/tmp" : variable)
  }

  /// - Parameter base: the folder that holds it.
  public init(in base: String) throws(FileError) {
    Self.removeStale(in: base)
    while true {
      let path = base.appending(Self.prefix + randomDigits())
      guard mkdir(path.cPath, 0o700) == 0 else {
        if errno == EEXIST { continue }
        throw .last("mkdir")
      }
      // Before it was locked somebody may have taken it for a dead one's.
      if let lock = Self.locked(path, in: AT_FDCWD) {
        (self.path, self.lock) = (path, lock)
        return
      }
    }
  }

  deinit {
    Self.empty(lock)
    rmdir(path.cPath)
    close(lock)
  }

  /// Opens and locks a folder of this user's, unless somebody else holds it.
  private static func locked(_ path: String, in folder: Int32) -> Int32? {
    let descriptor = openat(folder, path.cPath, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    var status = stat()
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK, fstat(descriptor, &status) == 0,
      status.st_uid == geteuid(), status.st_nlink > 0
    else {
      close(descriptor)
      return nil
    }
    return descriptor
  }

  private static func removeStale(in base: String) {
    guard let handle = opendir(base.cPath) else { return }
    defer { closedir(handle) }
    for name in names(handle) where name.hasPrefix(prefix) && isRandom(name.utf8.dropFirst(prefix.utf8.count)) {
      guard let descriptor = locked(name, in: dirfd(handle)) else { continue }
      empty(descriptor)
      unlinkat(dirfd(handle), name.cPath, Int32(AT_REMOVEDIR))
      close(descriptor)
    }
  }

  /// Removes the files of a folder; it holds no folders.
  private static func empty(_ folder: Int32) {
    guard let handle = fdopendir(fcntl(folder, F_DUPFD_CLOEXEC, 0)) else { return }
    defer { closedir(handle) }
    rewinddir(handle)
    for name in names(handle) { unlinkat(folder, name.cPath, 0) }
  }

  private static func names(_ handle: OpaquePointer) -> [String] {
    var names: [String] = []
    while let entry = readdir(handle) {
      names.append(
        withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cPath: $0) }
        })
    }
    return names
  }
}

/// What tells names of temporary files apart: 16 hexadecimal digits, of which the last eight follow from the others, so that
/// names of other programs are not taken for ours.
package func randomDigits() -> String {
  let random = UInt32.random(in: 0 ... .max)
  return random.digits(8, radix: 16) + checkDigits(random).digits(8, radix: 16)
}

/// Whether a part of a name is of `randomDigits()`.
func isRandom(_ name: some Collection<UInt8>) -> Bool {
  guard name.count == 16, let random = UInt32(String(decoding: name.prefix(8), as: UTF8.self), radix: 16) else {
    return false
  }
  return name.elementsEqual((random.digits(8, radix: 16) + checkDigits(random).digits(8, radix: 16)).utf8)
}

/// The fractional part of the golden ratio spreads the digits.
private func checkDigits(_ random: UInt32) -> UInt32 { ~(random &* 0x9E37_79B9) }
