import Glibc

/// What the file system says about a path, links followed.
struct FileStatus {
  /// Device and number: equal for two paths of one file.
  struct Identity: Hashable {
    let device, number: UInt64
  }

  let identity: Identity
  let isFolder: Bool
  /// Whether it is a file that holds bytes: no folder, device, pipe or socket.
  let isRegular: Bool
  let bytes: Int

  /// Nil when there is no such file.
  init?(_ path: String) {
    var status = stat()
    guard stat(path.cPath, &status) == 0 else { return nil }
    self.init(status)
  }

  /// Of an open file; nil when the descriptor is closed.
  init?(descriptor: Int32) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return nil }
    self.init(status)
  }

  private init(_ status: stat) {
    identity = Identity(device: UInt64(status.st_dev), number: UInt64(status.st_ino))
    isFolder = status.st_mode & S_IFMT == S_IFDIR
    isRegular = status.st_mode & S_IFMT == S_IFREG
    bytes = Int(status.st_size)
  }
}
