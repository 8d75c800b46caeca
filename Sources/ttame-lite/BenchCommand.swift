import ArgumentParser
import Explain
import FoundationEssentials
import Glibc
import Kernels

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measure kernels and models on this machine.",
    discussion: """
      Without options: the peaks and the GEMM micro-kernels of every instruction set, then the model. All figures are \
      medians of interleaved runs; compare ratios of one run, not milliseconds of two.

      Examples:
        ttame-lite bench --json
        ttame-lite bench --model resnet50.safetensors --threads 1 --layers
        ttame-lite bench --kernels int8
      """)

  @Option(
    parsing: .scanningForValue,
    help: ArgumentHelp("Kernels whose name contains this, and no model ('all' for every kernel).", valueName: "PATTERN")
  )
  var kernels: String?

  @Option(help: ArgumentHelp("A model file, or its name in a weights folder (repeatable).", valueName: "NAME|FILE"))
  var model: [String] = []

  @Flag(help: "Every step of the model's explanation, with its share of the peak.")
  var layers = false

  @Option(
    help: ArgumentHelp(
      "Repeat one pass of one model and nothing else: cold start, warm times and memory of the process.",
      valueName: Pass.allCases.map(\.rawValue).joined(separator: "|")))
  var only: Pass?

  @Option(help: "How long --only repeats its pass.")
  var seconds = 3.0

  @Option(help: "Runs of each measurement.")
  var rounds = 30

  @Flag(help: "One JSON object instead of tables.")
  var json = false

  @OptionGroup var compute: ComputeOptions

  func validate() throws {
    if !(1...100_000).contains(rounds) { throw ValidationError("--rounds must be 1 to 100000.") }
    if kernels != nil, layers || !model.isEmpty { throw ValidationError("--kernels measures no model.") }
    if only != nil, model.count != 1 || layers || kernels != nil {
      throw ValidationError("--only goes with one --model and neither --layers nor --kernels.")
    }
    if !(0...3600).contains(seconds) { throw ValidationError("--seconds must be 0 to 3600.") }
  }

  func run() throws {
    if let only, let name = model.first { return try measure(only, of: name) }
    var report = BenchReport(cpu: Machine.cpuName ?? "unknown", tiers: CPUTier.available.map(\.rawValue))
    let models = model.isEmpty ? [ModelLocator.defaultName] : model
    if kernels != nil || (model.isEmpty && !layers) { report.kernels = measureKernels() }
    if kernels == nil {
      for name in models {
        let path = try ModelLocator.find(name)
        let model: Model
        do { model = try Model(path: path) } catch { throw Failure(error, reading: path) }
        let session = Session(model: model, tier: compute.cpu, threads: compute.threads)
        do {
          if layers {
            let input = [Float](repeating: 0.1, count: model.description.graph.inputShape.count)
            report.layers += try session.layerTimes(input, rounds: rounds)
          } else {
            report.models.append(try session.times(rounds: rounds))
            report.starts.append(StartTime(model: name, milliseconds: try startToPicture(path)))
          }
        } catch let error as EngineError {
          throw Failure(.software, "\(name): \(error)")
        }
      }
    }
    try printOutput(json ? report.jsonText() : report.table())
  }

  private func measure(_ pass: Pass, of name: String) throws {
    let path = try ModelLocator.find(name)
    do {
      let session = Session(model: try Model(path: path), tier: compute.cpu, threads: compute.threads)
      let report = ProcessReport(
        times: try session.passTimes(pass, seconds: seconds), peakMemoryBytes: Machine.peakMemoryBytes,
        fileBytes: FileStatus(path)?.bytes)
      try printOutput(json ? report.jsonText() : report.table())
    } catch { throw Failure(error, reading: path) }
  }

  private func measureKernels() -> [KernelShare] {
    let pattern = kernels == "all" ? "" : kernels ?? ""
    let tiers = CPUTier.available.filter { $0 != .reference && $0 <= (compute.cpu ?? .best) }
    var shares: [KernelShare] = []
    for tier in tiers {
      let context = ExecutionContext(tier: tier, threads: 1)
      for (isFloat, reduction) in [(false, 64), (false, 256), (false, 1024), (true, 256)] {
        let name = isFloat ? "gemm-f32" : "gemm-int8"
        guard name.contains(pattern) || tier.rawValue.contains(pattern) else { continue }
        let share = context.peakShare(isFloat: isFloat, reduction: reduction, rounds: rounds)
        shares.append(KernelShare(name: name, share))
      }
    }
    return shares
  }

  /// Milliseconds from process start to the picture on disk, a median: this program, run anew each time.
  private func startToPicture(_ model: String) throws -> Double {
    let folder = "/tmp/ttame-lite-bench-\(getpid())"
    guard mkdir(folder, 0o700) == 0 else { throw Failure(.cannotCreate, "\(folder): cannot be created") }
    defer { _ = removeFolder(folder) }
    let input = folder + "/in.png"
    let picture = Image(
      width: 500, height: 375, pixels: (0..<500 * 375 * 3).map { UInt8(truncatingIfNeeded: $0 / 1500) })
    try OutputFile.write(try picture.encodedPNG(), to: input)
    var arguments = ["explain", input, "-o", folder + "/out.png", "--model", model]
    if let threads = compute.threads { arguments += ["--threads", "\(threads)"] }
    if let cpu = compute.cpu { arguments += ["--cpu", cpu.rawValue] }
    var failed = false
    let times = measureInterleaved(rounds: max(5, rounds / 2), [{ failed = failed || !runSelf(arguments) }])
    if failed { throw Failure(.software, "bench: could not run this program again") }
    return times[0].median * 1e3
  }
}

/// Runs this program silently; returns whether it succeeded.
private func runSelf(_ arguments: [String]) -> Bool {
  var actions = posix_spawn_file_actions_t()
  posix_spawn_file_actions_init(&actions)
  defer { posix_spawn_file_actions_destroy(&actions) }
  for descriptor in [STDOUT_FILENO, STDERR_FILENO] {
    posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_WRONLY, 0)
  }
  var argv: [UnsafeMutablePointer<CChar>?] = (["ttame-lite"] + arguments).map { strdup($0) }
  defer { argv.forEach { free($0) } }
  argv.append(nil)
  var child = pid_t()
  guard posix_spawn(&child, "/proc/self/exe", &actions, nil, argv, environ) == 0 else { return false }
  var status: Int32 = 0
  waitpid(child, &status, 0)
  return status == 0
}

private func removeFolder(_ folder: String) -> Bool {
  for name in ["in.png", "out.png"] { unlink("\(folder)/\(name)") }
  return rmdir(folder) == 0
}
