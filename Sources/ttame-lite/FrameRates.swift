import Explain
import FoundationEssentials
import Glibc
import Kernels

/// Frames per second from a stream of JPEGs to answers, through this program as users run it.
struct FrameRate: Encodable {
  /// The arguments, without model, threads and tier.
  var task: String
  var framesPerSecond: Double
  /// Of standard output, per frame.
  var bytes: Int
}

/// Measures whole streams.
struct FrameRates {
  /// Of one model.
  struct Result: Encodable {
    var model: String
    var threads: Int
    var rates: [FrameRate]
  }

  /// What is told from the start of the process: the difference between a long and a short stream is frames alone.
  private static let (short, long) = (10, 110)

  private static let tasks = [
    ["classify", "--quiet"], ["classify", "--quiet", "--fast-jpeg"], ["explain", "--quiet", "--format", "jpg"],
    ["explain", "--quiet", "--format", "ppm"], ["explain", "--quiet", "--format", "png"],
  ]

  /// - Parameter arguments: the model, and what it runs on.
  /// - Throws: a `Failure` where the program cannot be run again.
  static func measure(_ arguments: [String], hasMaps: Bool, rounds: Int) throws -> [FrameRate] {
    let folder: TemporaryFolder
    do { folder = try TemporaryFolder() } catch { throw Failure(error, writing: "the folder for temporary files") }
    defer { withExtendedLifetime(folder) {} }
    let (shortStream, longStream, answers) = (
      folder.path.appending("short"), folder.path.appending("long"), folder.path.appending("answers")
    )
    try OutputFile.write(try Image.syntheticStream(frames: short), to: shortStream)
    try OutputFile.write(try Image.syntheticStream(frames: long), to: longStream)
    let tasks = tasks.filter { hasMaps || $0[0] != "explain" }
    var failed = false
    let bodies = tasks.flatMap { task in
      [shortStream, longStream].map { stream in
        { failed = failed || !runSelf(task + ["-"] + arguments, input: stream, output: "/dev/null") }
      }
    }
    let times = measureInterleaved(rounds: rounds, bodies).map(\.median)
    let rates = try tasks.enumerated().map { index, task in
      failed = failed || !runSelf(task + ["-"] + arguments, input: shortStream, output: answers)
      let frames = Double(long - short)
      return FrameRate(
        task: task.filter { $0 != "--quiet" }.joined(separator: " "),
        framesPerSecond: frames / max(times[2 * index + 1] - times[2 * index], 1e-9),
        bytes: (FileStatus(answers)?.bytes ?? 0) / short)
    }
    if failed { throw Failure(.software, "bench: could not run this program again") }
    return rates
  }
}

/// Runs this program silently; returns whether it succeeded.
func runSelf(_ arguments: [String], input: String? = nil, output: String = "/dev/null") -> Bool {
  var actions = posix_spawn_file_actions_t()
  posix_spawn_file_actions_init(&actions)
  defer { posix_spawn_file_actions_destroy(&actions) }
  if let input { posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, input, O_RDONLY, 0) }
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
  var argv: [UnsafeMutablePointer<CChar>?] = (["ttame-lite"] + arguments).map { strdup($0.cPath) }
  defer { argv.forEach { free($0) } }
  argv.append(nil)
  var child = pid_t()
  guard posix_spawn(&child, "/proc/self/exe", &actions, nil, argv, environ) == 0 else { return false }
  var status: Int32 = 0
  waitpid(child, &status, 0)
  return status == 0
}
