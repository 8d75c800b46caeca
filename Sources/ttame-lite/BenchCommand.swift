import ArgumentParser
import Explain
import FoundationEssentials
import Glibc
import Kernels

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measure this machine, its kernels and models.",
    usage: "ttame-lite bench [<options>]",
    discussion: """
      Without options: peak throughput and bandwidth, a selection of kernels on every instruction set, then the model. \
      All figures are medians of interleaved runs. Compare ratios within one run, not milliseconds of two runs.

      Examples:
        ttame-lite bench --json-file here.json
        ttame-lite bench --kernels 'int8 resnet50 avx2'
        ttame-lite bench --kernels --compare here.json
        ttame-lite bench --model resnet50.safetensors --threads 1 --layers --sorted
        ttame-lite bench --model resnet50.safetensors --only explain --seconds 10
        ttame-lite bench --frames --threads 2

      \(ExitStatus.help)
      """)

  @Option(
    name: .long, defaultAsFlag: .representative, parsing: .next,
    help: ArgumentHelp(
      "Measure only kernels that match every word of the pattern, by kernel, shape, network or instruction set. 'all' matches all; the default is a selection.",
      valueName: "PATTERN"))
  var kernels: KernelPattern?

  @Option(
    help: ArgumentHelp("Compare kernels with the --json of an earlier run.", valueName: "OLD.json"), completion: .file()
  )
  var compare: String?

  @Option(
    help: ArgumentHelp(
      "A model file, or its name in a weights folder; repeatable (default: \(ModelLocator.defaultName)).",
      valueName: "NAME|FILE"), completion: .file())
  var model: [String] = []

  @Flag(help: "Measure every step of the explanation, with its share of the peak and of the memory bound.")
  var layers = false

  @Flag(help: "Measure frames per second of 1280x720 JPEG streams, and every stage of a frame.")
  var frames = false

  @Flag(help: "Sort steps from slowest to fastest.")
  var sorted = false

  @Option(
    help: ArgumentHelp(
      "Repeat only one pass of one model: cold start, warm times and memory of the process.",
      valueName: Pass.allCases.map(\.rawValue).joined(separator: "|")))
  var only: Pass?

  @Option(help: "Duration of --only.")
  var seconds = 3.0

  @Option(help: "Runs of each measurement.")
  var rounds = 30

  @OptionGroup var json: JSONOptions
  @OptionGroup var overwriting: OverwriteOptions
  @OptionGroup var compute: ComputeOptions

  func validate() throws {
    if !(1...100_000).contains(rounds) { throw ValidationError("--rounds must be 1 to 100000.") }
    if kernels != nil, layers || !model.isEmpty { throw ValidationError("--kernels does not measure models.") }
    if compare != nil, !measuresKernels { throw ValidationError("--compare compares only kernels.") }
    if frames, layers || only != nil || kernels != nil {
      throw ValidationError("--frames excludes --layers, --only and --kernels.")
    }
    if sorted, !layers { throw ValidationError("--sorted needs --layers.") }
    if only != nil, model.count > 1 || layers || kernels != nil {
      throw ValidationError("--only takes at most one --model, and neither --layers nor --kernels.")
    }
    if !(0...3600).contains(seconds) { throw ValidationError("--seconds must be 0 to 3600.") }
  }

  private var measuresKernels: Bool { kernels != nil || (model.isEmpty && !layers && !frames) }

  func run() throws {
    let claims = overwriting.claims
    let models = kernels == nil && model.isEmpty ? [ModelLocator.defaultName] : model
    try claims.read([compare].compactMap(\.self))
    try claims.read(try models.map(ModelLocator.find))
    try claims.write(json, as: .benchmark)
    if !json.isPrinted { try claims.writeStandardOutput() }
    if let only, let name = models.first { return try measure(only, of: name) }
    var report = BenchReport(cpu: Machine.cpuName ?? "unknown", tiers: CPUTier.available.map(\.rawValue))
    if measuresKernels {
      let selection = try KernelSelection(
        pattern: (kernels ?? .representative).text, upTo: compute.cpu ?? .best, threads: compute.threads)
      report.rooflines = selection.rooflines()
      report.kernels = try selection.measure(rounds: rounds)
      if let compare {
        report.comparison = try earlierKernels(compare).compared(with: report.kernels, on: report.cpu)
      }
    }
    if kernels == nil {
      for name in models { try measure(name, into: &report) }
    }
    try json.write(report, or: report.table(areSorted: sorted))
  }

  private func earlierKernels(_ path: String) throws -> KernelRecord {
    do { return try KernelRecord(json: readFile(path)) } catch is DecodingError {
      throw Failure(.badData, "is not output of 'bench --json'", subject: path)
    }
  }

  private func measure(_ name: String, into report: inout BenchReport) throws {
    let path = try ModelLocator.find(name)
    do {
      let model = try Model(path: path)
      let session = Session(model: model, tier: compute.cpu, threads: compute.threads)
      if frames {
        report.frames.append(try session.frameTimes(rounds: rounds))
        let rates = try FrameRates.measure(
          arguments(path), hasMaps: model.description.head != nil, rounds: max(3, rounds / 10))
        report.frameRates.append(FrameRates.Result(model: name.shownPath, threads: session.threads, rates: rates))
      } else if layers {
        let input = [Float](repeating: 0.1, count: model.description.graph.inputShape.count)
        report.layers.append(try session.layerTimes(input, rounds: rounds))
      } else {
        report.models.append(try session.times(rounds: rounds))
        report.starts.append(StartTime(model: name.shownPath, milliseconds: try startToPicture(path)))
      }
    } catch { throw Failure(error, reading: path) }
  }

  private func measure(_ pass: Pass, of name: String) throws {
    let path = try ModelLocator.find(name)
    do {
      let session = Session(model: try Model(path: path), tier: compute.cpu, threads: compute.threads)
      let report = ProcessReport(
        times: try session.passTimes(pass, seconds: seconds), peakMemoryBytes: Machine.peakMemoryBytes,
        fileBytes: FileStatus(path)?.bytes)
      try json.write(report, or: report.table())
    } catch { throw Failure(error, reading: path) }
  }

  /// What makes this program run a model as it is measured here.
  private func arguments(_ model: String) -> [String] {
    var arguments = ["--model", model]
    if let threads = compute.threads { arguments += ["--threads", "\(threads)"] }
    if let cpu = compute.cpu { arguments += ["--cpu", cpu.rawValue] }
    return arguments
  }

  /// Milliseconds from process start to the picture on disk, a median: this program, run anew each time.
  private func startToPicture(_ model: String) throws -> Double {
    let folder: TemporaryFolder
    do { folder = try TemporaryFolder() } catch { throw Failure(error, writing: "the folder for temporary files") }
    let input = folder.path.appending("in.png")
    let picture = Image(
      width: 500, height: 375, pixels: (0..<500 * 375 * 3).map { UInt8(truncatingIfNeeded: $0 / 1500) })
    try OutputFile.write(try picture.encodedPNG(), to: input)
    let arguments = ["explain", input, "-o", folder.path.appending("out.png")] + arguments(model)
    var failed = false
    let times = measureInterleaved(rounds: max(5, rounds / 2), [{ failed = failed || !runSelf(arguments) }])
    withExtendedLifetime(folder) {}
    if failed { throw Failure(.software, "bench: could not run this program again") }
    return times[0].median * 1e3
  }
}
