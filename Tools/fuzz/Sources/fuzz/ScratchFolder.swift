import Glibc

/// A folder, below the one for temporary files, for what is read by its path. `Tools/fuzz.sh` removes it.
struct ScratchFolder: Sendable {
  let path: String

  init() {
    path = (getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp") + "/fuzz-\(getpid())"
    guard mkdir(path, 0o700) == 0 || errno == EEXIST else { fatalError("no folder \(path)") }
  }

  /// Makes `bytes` all that a file of the folder holds; answers its path.
  func write(_ bytes: [UInt8], to name: String) -> String {
    let file = "\(path)/\(name)"
    let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    defer { close(descriptor) }
    guard descriptor >= 0, Glibc.write(descriptor, bytes, bytes.count) == bytes.count else {
      fatalError("\(file) cannot be written")
    }
    return file
  }
}
