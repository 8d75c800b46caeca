import Glibc

/// The reader of our standard output has gone: an ordinary end of a pipe, nothing to complain about.
struct OutputClosed: Error {}

/// Writes all bytes to a descriptor.
///
/// - Throws: `OutputClosed`, or a `Failure` about `subject`.
func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, subject: String) throws {
  var rest = bytes
  while let base = rest.baseAddress, !rest.isEmpty {
    let count = write(descriptor, base, rest.count)
    if count < 0 {
      if errno == EINTR { continue }
      if errno == EPIPE { throw OutputClosed() }
      throw Failure.writing(subject)
    }
    rest = UnsafeRawBufferPointer(rebasing: rest[count...])
  }
}

/// Writes a text to standard output at once.
func printOutput(_ text: String) throws {
  try Array(text.utf8).withUnsafeBytes { try writeAll($0, to: STDOUT_FILENO, subject: "standard output") }
}

/// Writes a line to standard error; there is nobody left to tell when that fails.
func printError(_ line: String) {
  try? Array((line + "\n").utf8).withUnsafeBytes { try writeAll($0, to: STDERR_FILENO, subject: "standard error") }
}
