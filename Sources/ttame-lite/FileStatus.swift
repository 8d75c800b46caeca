import Glibc

/// What the file system says about a path, links followed.
struct FileStatus {
  /// Device and number: equal for two paths of one file.
  struct Identity: Hashable {
    let device, number: UInt64
  }

  let identity: Identity
  let isFolder: Bool
  let bytes: Int

  /// Nil when there is no such file.
  init?(_ path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    identity = Identity(device: UInt64(status.st_dev), number: UInt64(status.st_ino))
    isFolder = status.st_mode & S_IFMT == S_IFDIR
    bytes = Int(status.st_size)
  }
}

extension String {
  /// A path below this folder.
  func appending(_ path: String) -> String { hasSuffix("/") ? self + path : self + "/" + path }
}

/// The last part of a path.
func fileName(_ path: String) -> String {
  path.split(separator: "/").last.map(String.init) ?? path
}

/// The last part of a path without its extension.
func fileStem(_ path: String) -> String {
  let name = fileName(path)
  guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return name }
  return String(name[..<dot])
}

/// The folder that holds a path; nil where the path names none.
func parentFolder(_ path: String) -> String? {
  let trimmed = path.count > 1 && path.last == "/" ? String(path.dropLast()) : path
  guard let slash = trimmed.lastIndex(of: "/") else { return nil }
  return slash == trimmed.startIndex ? "/" : String(trimmed[..<slash])
}
