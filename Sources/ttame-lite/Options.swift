import ArgumentParser
import Explain
import Kernels

/// Which model runs, and on what.
struct ModelOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("A model file, or its name in a weights folder.", valueName: "NAME|FILE"), completion: .file())
  var model = ModelLocator.defaultName

  @OptionGroup var compute: ComputeOptions

  func load() throws -> Model {
    let path = try ModelLocator.find(model)
    do { return try Model(path: path) } catch { throw Failure(error, reading: path) }
  }

  func makeSession() throws -> Session {
    let model = try load()
    return Session(model: model, tier: compute.cpu, threads: compute.threads)
  }
}

/// The least probability of classes that are told or explained.
struct ThresholdOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Take every class with at least this probability (default: none).", valueName: "0...1"))
  var threshold: Double?

  func validate() throws {
    if let threshold, !(0...1).contains(threshold) { throw ValidationError("--threshold must be 0 to 1.") }
  }
}

/// What the kernels may use.
struct ComputeOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Number of threads (default: one per fast physical core, within the container's CPU limit).", valueName: "N"))
  var threads: Int?

  @Option(help: ArgumentHelp("Highest instruction set to use (default: the best of this CPU).", valueName: "TIER"))
  var cpu: CPUTier?

  func validate() throws {
    if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads must be 1 to 1024.") }
    if let cpu, !cpu.isAvailable {
      let names = CPUTier.available.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("--cpu \(cpu.rawValue): this CPU has \(names).")
    }
  }
}
