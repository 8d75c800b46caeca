import Explain
import Glibc

/// The program, run as a process.
enum Command {
  /// What a finished process left.
  struct Result {
    let status: Int32
    let output: [UInt8]
    let error: String

    var text: String { String(decoding: output, as: UTF8.self) }
    var errorLines: [Substring] { error.split(separator: "\n") }
  }

  struct SpawnError: Error {
    let code: Int32
  }

  static let package = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
  /// The program; a cross build's tests name theirs in the environment, behind an emulator.
  static let binary = getenv("TTAME_BINARY").map { String(cString: $0) } ?? package + "/.build/release/ttame-lite"
  /// Whether it runs under an emulator, some thirty times slower than a CPU; `Tools/arm64/cross.sh` says so.
  static let isEmulated = getenv("TTAME_EMULATED") != nil
  /// Whether the program is built with a sanitizer, which has memory and a time of its own.
  static let isSanitized = getenv("TTAME_SANITIZED") != nil

  /// Runs the program to its end.
  ///
  /// - Parameters:
  ///   - input: standard input.
  ///   - program: what is started with the arguments, by an absolute path.
  ///   - folder: the current folder of the process.
  ///   - environment: variables besides those of the tests.
  ///   - output: a file that standard output goes to instead of `Result.output`.
  static func run(
    _ arguments: [String], input: [UInt8] = [], program: [String] = [binary], in folder: String? = nil,
    environment: [String: String] = [:],
    output: String? = nil
  ) throws -> Result {
    let scratch = try Scratch()
    let (inputPath, outputPath, errorPath) = (scratch / "stdin", output ?? scratch / "stdout", scratch / "stderr")
    try scratch.write(input, to: "stdin")
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, inputPath, O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, outputPath, O_WRONLY | O_CREAT, 0o600)
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errorPath, O_WRONLY | O_CREAT, 0o600)
    let status = try wait(for: spawn(program + arguments, &actions, environment, in: folder))
    return Result(
      status: status, output: output == nil ? try bytes(of: outputPath) : [],
      error: String(decoding: try bytes(of: errorPath), as: UTF8.self))
  }

  /// Starts a program, given with its arguments.
  static func spawn(
    _ program: [String], _ actions: inout posix_spawn_file_actions_t, _ environment: [String: String] = [:],
    in folder: String? = nil
  ) throws -> pid_t {
    var variables: [String] = environment.map { "\($0)=\($1)" }
    var next = environ
    while let variable = next.pointee {
      let text = String(cPath: variable)
      if !environment.keys.contains(where: { text.hasPrefix($0 + "=") }) { variables.append(text) }
      next += 1
    }
    // A child cannot be given a folder portably; a shell that changes to it and becomes the program can.
    let call = (folder.map { ["/bin/sh", "-c", "cd \"$0\" && exec \"$@\"", $0] } ?? []) + program
    let argv = call.map { strdup($0.cPath) } + [nil]
    let envp = variables.map { strdup($0.cPath) } + [nil]
    defer { (argv + envp).forEach { free($0) } }
    // The threads that tests run on may block signals, which a child would inherit.
    var (attributes, noSignals) = (posix_spawnattr_t(), sigset_t())
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    sigemptyset(&noSignals)
    posix_spawnattr_setsigmask(&attributes, &noSignals)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    var process: pid_t = 0
    let code = posix_spawn(&process, call[0].cPath, &actions, &attributes, argv, envp)
    guard code == 0 else { throw SpawnError(code: code) }
    return process
  }

  /// The exit status of a process, or 128 and the signal that ended it.
  ///
  /// - Parameter keeping: whether it can be asked for again.
  static func wait(for process: pid_t, keeping: Bool = false) throws -> Int32 {
    var information = siginfo_t()
    while waitid(P_PID, id_t(process), &information, WEXITED | (keeping ? WNOWAIT : 0)) < 0 {
      guard errno == EINTR else { throw SpawnError(code: errno) }
    }
    let status = information._sifields._sigchld.si_status
    return information.si_code == CLD_EXITED ? status : 128 + status
  }

  static func bytes(of path: String) throws -> [UInt8] {
    let file = open(path.cPath, O_RDONLY)
    guard file >= 0 else { throw SpawnError(code: errno) }
    defer { close(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(file, &buffer, buffer.count)
      guard count > 0 else { return bytes }
      bytes += buffer[..<count]
    }
  }
}
