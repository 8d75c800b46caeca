import Glibc

/// What the file system says about a path, links followed.
public struct FileStatus: Sendable {
  /// Device and number: equal for two paths of one file.
  public struct Identity: Hashable, Sendable {
    let device, number: UInt64
  }

  public let identity: Identity
  public let isFolder: Bool
  /// Whether it is a file that holds bytes: no folder, device, pipe or socket.
  public let isRegular: Bool
  /// Whether it is a pipe that has a name, a FIFO.
  public let isPipe: Bool
  public let bytes: Int
  /// When its bytes were last changed, in nanoseconds since 1970.
  public let modified: Int

  /// Nil when there is no such file.
  public init?(_ path: String) {
    var status = stat()
    guard stat(path.cPath, &status) == 0 else { return nil }
    self.init(status)
  }

  /// Of an open file; nil when the descriptor is closed.
  public init?(descriptor: Int32) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return nil }
    self.init(status)
  }

  init(_ status: stat) {
    identity = Identity(device: UInt64(status.st_dev), number: UInt64(status.st_ino))
    isFolder = status.st_mode & S_IFMT == S_IFDIR
    isRegular = status.st_mode & S_IFMT == S_IFREG
    isPipe = status.st_mode & S_IFMT == S_IFIFO
    bytes = Int(status.st_size)
    modified = status.st_mtim.tv_sec * 1_000_000_000 + status.st_mtim.tv_nsec
  }
}
