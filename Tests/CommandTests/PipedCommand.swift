import Explain
import Glibc

/// The program as a part of a pipeline: all its standard streams are pipes, or what a test puts in their place.
final class PipedCommand {
  let process: pid_t
  private var input, output, error: Int32
  private var hasEnded = false
  /// Read behind the last line.
  private var unread: [UInt8] = []

  /// - Parameters:
  ///   - input: a file to read instead of a pipe.
  ///   - program: what is started with the arguments, by an absolute path.
  init(_ arguments: [String], input file: String? = nil, program: [String] = [Command.binary]) throws {
    // A program that ends early must not take the tests with it.
    signal(SIGPIPE, SIG_IGN)
    let (stdin, stdout, stderr) = (try Self.pipe(), try Self.pipe(), try Self.pipe())
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    if let file {
      posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, file, O_RDONLY, 0)
    } else {
      posix_spawn_file_actions_adddup2(&actions, stdin.reading, STDIN_FILENO)
    }
    posix_spawn_file_actions_adddup2(&actions, stdout.writing, STDOUT_FILENO)
    posix_spawn_file_actions_adddup2(&actions, stderr.writing, STDERR_FILENO)
    (input, output, error) = (stdin.writing, stdout.reading, stderr.reading)
    process = try Command.spawn(program + arguments, &actions)
    for end in [stdin.reading, stdout.writing, stderr.writing] { close(end) }
  }

  deinit {
    if !hasEnded {
      kill(process, SIGKILL)
      _ = try? Command.wait(for: process)
    }
    closeInput()
    closeOutput()
    close(error)
  }

  /// A pipe whose ends no other child of the tests inherits; `pipe` could not promise that, and a named one can.
  private static func pipe() throws -> (reading: Int32, writing: Int32) {
    let scratch = try Scratch()
    guard mkfifo(scratch / "fifo", 0o600) == 0 else { throw Command.SpawnError(code: errno) }
    let reading = open(scratch / "fifo", O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    let writing = open(scratch / "fifo", O_WRONLY | O_CLOEXEC)
    guard reading >= 0, writing >= 0, fcntl(reading, F_SETFL, 0) == 0 else { throw Command.SpawnError(code: errno) }
    return (reading, writing)
  }

  func write(_ bytes: some Collection<UInt8>) throws {
    let bytes = Array(bytes)
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(input, $0.baseAddress, $0.count) }
      guard count > 0 else { throw Command.SpawnError(code: errno) }
      rest = rest.dropFirst(count)
    }
  }

  /// Writes the bytes every 20 ms until the program reads no more, 200 times at most.
  ///
  /// After `closeOutput()` once may not be enough: a child that another test starts holds the reading end until its exec.
  func writeUntilClosed(_ bytes: [UInt8]) {
    for _ in 0..<200 {
      do { try write(bytes) } catch { return }
      usleep(20_000)
    }
  }

  /// Writes the bytes again and again until the program has taken none for a while, or `limit` bytes have gone.
  ///
  /// - Returns: how many bytes the pipe took.
  func fill(with bytes: [UInt8], limit: Int) throws -> Int {
    guard fcntl(input, F_SETFL, O_NONBLOCK) == 0 else { throw Command.SpawnError(code: errno) }
    var (written, pauses) = (0, 0)
    while written < limit, pauses < 100 {
      let offset = written % bytes.count
      let count = bytes[offset...].withUnsafeBytes { Glibc.write(input, $0.baseAddress, $0.count) }
      if count > 0 {
        (written, pauses) = (written + count, 0)
      } else {
        guard errno == EAGAIN else { throw Command.SpawnError(code: errno) }
        usleep(10_000)
        pauses += 1
      }
    }
    guard fcntl(input, F_SETFL, 0) == 0 else { throw Command.SpawnError(code: errno) }
    return written
  }

  func closeInput() {
    if input >= 0 { close(input) }
    input = -1
  }

  func closeOutput() {
    if output >= 0 { close(output) }
    output = -1
  }

  /// Waits until something has been written to standard output, and leaves it there.
  func waitForOutput() {
    var descriptor = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
    while poll(&descriptor, 1, -1) < 0 {}
  }

  /// What is next on standard output; empty at its end.
  func read() -> [UInt8] {
    if !unread.isEmpty {
      defer { unread = [] }
      return unread
    }
    let capacity = 1 << 16
    return [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
      count = max(0, Glibc.read(output, buffer.baseAddress, capacity))
    }
  }

  /// The next line of standard output.
  func line() -> String {
    var line: [UInt8] = []
    while true {
      let next = read()
      let part = next.prefix { $0 != UInt8(ascii: "\n") }
      line += part
      if part.count < next.count || next.isEmpty {
        unread = Array(next.dropFirst(part.count + 1))
        return String(decoding: line, as: UTF8.self)
      }
    }
  }

  /// What remains on standard output.
  func rest() -> [UInt8] {
    var bytes: [UInt8] = []
    while true {
      let next = read()
      if next.isEmpty { return bytes }
      bytes += next
    }
  }

  /// Waits for the end.
  ///
  /// - Returns: the status, or 128 and the signal; and what was said on standard error.
  func end() throws -> (status: Int32, error: String) {
    closeInput()
    var text: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = Glibc.read(error, &buffer, buffer.count)
      if count <= 0 { break }
      text += buffer[..<count]
    }
    let status = try Command.wait(for: process)
    hasEnded = true
    return (status, String(decoding: text, as: UTF8.self))
  }

  /// A line of the kernel's report about the process, `VmRSS` in bytes or `ShdPnd` as a number.
  func kernelReport(_ name: String) throws -> Int {
    let report = String(decoding: try Command.bytes(of: "/proc/\(process)/status"), as: UTF8.self)
    let words = report.split(separator: "\n").first { $0.hasPrefix(name + ":") }?.split { " \t".contains($0) } ?? []
    guard words.count > 1 else { throw Command.SpawnError(code: ESRCH) }
    return words.last == "kB" ? (Int(words[1]) ?? 0) << 10 : Int(words[1], radix: 16) ?? 0
  }
}
