import Glibc

/// Keeps other processes that ask for it from replacing a file, as long as it lives (flock).
public final class FileLock {
  private let descriptor: Int32

  /// Waits for who has it. Nil where no regular file has the name, and where it cannot be opened or locked.
  ///
  /// The file that is locked has the name then: who waited for one that was replaced takes the new one.
  public init?(_ path: String) {
    while FileStatus(path)?.isRegular == true {
      let file = open(path.cPath, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
      guard file >= 0 else { return nil }
      var status = flock(file, LOCK_EX)
      while status != 0, errno == EINTR { status = flock(file, LOCK_EX) }
      if status == 0, let held = FileStatus(descriptor: file), held.identity == FileStatus(path)?.identity {
        descriptor = file
        return
      }
      close(file)
      if status != 0 { return nil }
    }
    return nil
  }

  deinit { close(descriptor) }
}
