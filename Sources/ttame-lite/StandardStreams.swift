import Explain
import Glibc

/// The reader of our standard output has gone: an ordinary end of a pipe, nothing to complain about.
struct OutputClosed: Error {}

/// Sees to it that the descriptors of the three standard streams are theirs, also where the caller has closed some: a file
/// that is opened later would get a free one, and be read or overwritten in a stream's place.
func claimStandardStreams() {
  for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(descriptor, F_GETFD) < 0 {
    // Takes the lowest free number, and can be neither read nor written. Swift does not see O_PATH of <fcntl.h>.
    _ = open("/", 0o10000000)
  }
}

/// Writes all bytes to a descriptor.
///
/// - Parameter isShared: whether other pictures are written there too.
/// - Throws: `OutputClosed`, or a `Failure` about `subject`.
func writeAll(
  _ bytes: UnsafeRawBufferPointer, to descriptor: Int32, subject: String, isShared: Bool = false
) throws {
  var rest = bytes
  while let base = rest.baseAddress, !rest.isEmpty {
    let count = write(descriptor, base, rest.count)
    if count < 0 {
      if errno == EINTR { continue }
      if errno == EAGAIN {
        waitUntilReady(descriptor, for: POLLOUT)
        continue
      }
      if errno == EPIPE { throw OutputClosed() }
      throw Failure.writing(subject, isFinal: isShared)
    }
    rest = UnsafeRawBufferPointer(rebasing: rest[count...])
  }
}

/// Waits for a descriptor that does not wait by itself (O_NONBLOCK): who shares it with us may have asked for that.
func waitUntilReady(_ descriptor: Int32, for event: Int32) {
  var request = pollfd(fd: descriptor, events: Int16(event), revents: 0)
  // Whatever it says, what is tried again will tell more.
  _ = poll(&request, 1, -1)
}

/// Writes a text to standard output at once.
func printOutput(_ text: String) throws { try writeOutput(Array(text.utf8)) }

/// Writes bytes to standard output at once.
func writeOutput(_ bytes: [UInt8]) throws {
  try bytes.withUnsafeBytes { try writeAll($0, to: STDOUT_FILENO, subject: "standard output", isShared: true) }
}

/// Says nothing more where standard error is appended to a file that an argument names: it may be a picture.
func silenceStandardErrorIfNamed(in arguments: [String]) {
  guard let error = FileStatus(descriptor: STDERR_FILENO), error.isRegular else { return }
  let isNamed = arguments.contains { argument in
    let value = argument.split(separator: "=", maxSplits: 1).last.map(String.init) ?? argument
    return [argument, value].contains { FileStatus($0)?.identity == error.identity }
  }
  if isNamed { silenceStandardError() }
}

/// Lets what is said on standard error go nowhere.
func silenceStandardError() {
  let nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC)
  guard nowhere >= 0 else { return }
  dup2(nowhere, STDERR_FILENO)
  close(nowhere)
}

/// Writes a line to standard error; there is nobody left to tell when that fails.
func printError(_ line: String) {
  try? Array((line + "\n").utf8).withUnsafeBytes { try writeAll($0, to: STDERR_FILENO, subject: "standard error") }
}
