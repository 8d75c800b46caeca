/// What keeps a kernel or layer from being faster.
public enum Bound: String, Sendable, Codable {
  /// The multiply-accumulates, at the peak of the instruction set.
  case compute
  /// The bytes, at the bandwidth of where they lie.
  case memory
}

/// A shape to measure, and what it stands for.
public struct KernelCase: Sendable {
  public var shape: KernelShape
  /// Networks that hold a layer of this shape.
  public var networks: [String]
  /// Whether it belongs to the short benchmark.
  public var isRepresentative: Bool

  public init(_ shape: KernelShape, networks: [String], isRepresentative: Bool = false) {
    (self.shape, self.networks, self.isRepresentative) = (shape, networks, isRepresentative)
  }
}

/// A kernel that computes something else than the scalar reference does.
public struct KernelMismatch: Error, Equatable, Sendable, CustomStringConvertible {
  public var tier, kernel, shape: String
  /// Where the results differ most; levels count from the end of their scales.
  public var index: Int
  public var expected, found: Float

  public var description: String {
    "\(kernel) \(shape) on \(tier): result \(index) is \(found), the reference's is \(expected)"
  }
}

/// What one kernel of one tier takes on one shape, and what it would take at best.
public struct KernelTime: Sendable, Codable {
  public var kernel, shape, tier: String
  public var networks: [String]
  public var threads: Int
  /// Multiply-accumulates, and bytes read and written at least, each once.
  public var macs, bytes: Int
  /// Median of the rounds.
  public var milliseconds: Double
  /// Half the distance between the quartiles, as a share of the median.
  public var spread: Double
  public var rounds: Int
  /// 10^9 multiply-accumulates, and bytes, per second.
  public var gigaMACs, gigaBytes: Double
  /// What the register-only loop, and reads of a working set of the same size, reached in the same rounds.
  public var peakGigaMACs, readGigaBytes: Double
  /// Which of the two bounds takes longer.
  public var bound: Bound
  /// The bound's time over the kernel's, a median over the rounds; and how much it varied, as `spread` does.
  public var share, shareSpread: Double
}

/// Checks kernels against the scalar reference and times them, all tiers in turn.
public struct KernelBenchmark {
  private let contexts: [ExecutionContext]
  /// Scalar kernels, one set for each format of activations.
  private let references: [ExecutionContext]
  /// Which of them knows a context's levels, context by context.
  private let referencePlaces: [Int]
  private let rounds: Int

  /// - Parameters:
  ///   - contexts: one for each tier.
  ///   - rounds: how often everything is measured; medians count.
  public init(contexts: [ExecutionContext], rounds: Int) {
    (self.contexts, self.rounds) = (contexts, rounds)
    var formats: [ActivationFormat] = []
    referencePlaces = contexts.map { context in
      let format = context.kernels.activationFormat
      if let place = formats.firstIndex(of: format) { return place }
      formats.append(format)
      return formats.count - 1
    }
    references = formats.map { ExecutionContext(kernels: .reference($0), threads: usableCores()) }
  }

  /// Passes over all cases, each with its part of the rounds: a disturbance that lasts longer than a case shows as spread.
  private static let mostSweeps = 3

  /// One result for each case and context, context by context.
  ///
  /// - Throws: `KernelMismatch` before a kernel that computes something else is timed.
  public func measure(_ cases: [KernelCase]) throws(KernelMismatch) -> [KernelTime] {
    let sweeps = min(Self.mostSweeps, rounds)
    var samples = [KernelSamples](repeating: KernelSamples(), count: cases.count * contexts.count)
    for sweep in 0..<sweeps {
      for (index, item) in cases.enumerated() {
        let expected = sweep == 0 ? referenceResults(item.shape) : []
        for (place, context) in contexts.enumerated() {
          let kernel = item.shape.makeRun(KernelOperands(context))
          context.withFlushedDenormals(kernel.run)
          if sweep == 0 {
            let reference = item.shape.dependsOnFormat ? referencePlaces[place] : 0
            try check(kernel.result(), expected[reference], item.shape, context)
          }
          let rounds = (sweep + 1) * rounds / sweeps - sweep * rounds / sweeps
          samples[index * contexts.count + place].append(kernel, item.shape, context, rounds: rounds)
        }
      }
    }
    return samples.indices.map {
      KernelTime(cases[$0 / contexts.count], contexts[$0 % contexts.count], samples[$0])
    }
  }

  /// Results of the scalar kernels: of each set, or of the first alone where formats make no difference.
  private func referenceResults(_ shape: KernelShape) -> [KernelResult] {
    references.prefix(shape.dependsOnFormat ? references.count : 1).map { reference in
      reference.withFlushedDenormals {
        let run = shape.makeRun(KernelOperands(reference))
        run.run()
        return run.result()
      }
    }
  }

  private func check(
    _ found: KernelResult, _ expected: KernelResult, _ shape: KernelShape, _ context: ExecutionContext
  ) throws(KernelMismatch) {
    guard let (index, expected, found) = shape.difference(found, expected) else { return }
    throw KernelMismatch(
      tier: context.kernels.tier.rawValue, kernel: shape.kernel, shape: shape.description, index: index,
      expected: expected, found: found)
  }
}

/// What the rounds of one kernel have shown.
private struct KernelSamples {
  /// Seconds of one run, of one multiply-accumulate at the peak, of one byte read; one of each a round.
  var run: [Double] = []
  var mac: [Double] = []
  var byte: [Double] = []

  mutating func append(_ kernel: KernelRun, _ shape: KernelShape, _ context: ExecutionContext, rounds: Int) {
    let bytes = shape.bytes(context.kernels.activationFormat)
    let memory = AlignedMemory(bytes: min(max(bytes, Roofline.workingSets[0]), Roofline.workingSets.last ?? 0))
    context.withFlushedDenormals {
      let peak = context.peakLoop(isFloat: !shape.isInteger)
      let read = context.readLoop(memory, bytes: memory.bytes)
      let repeats = repetitions(of: kernel.run, toLast: BenchmarkLoop.seconds)
      let body = { for _ in 0..<repeats { kernel.run() } }
      let times = interleavedTimes(
        rounds: rounds, clock: context.benchmarkClock, [peak.run, body, read.run])
      mac += times[0].map { $0 / peak.work }
      run += times[1].map { $0 / Double(repeats) }
      byte += times[2].map { $0 / read.work }
    }
  }
}

extension KernelTime {
  fileprivate init(_ item: KernelCase, _ context: ExecutionContext, _ samples: KernelSamples) {
    let shape = item.shape
    (kernel, self.shape, tier) = (shape.kernel, shape.description, context.kernels.tier.rawValue)
    (networks, threads, rounds) = (item.networks, context.pool.threads, samples.run.count)
    (macs, bytes) = (shape.macs, shape.bytes(context.kernels.activationFormat))
    let run = Measurement(times: samples.run)
    let mac = Measurement(times: samples.mac).median
    let byte = Measurement(times: samples.byte).median
    (milliseconds, spread) = (run.median * 1e3, run.spread)
    (gigaMACs, gigaBytes) = (Double(macs) / run.median * 1e-9, Double(bytes) / run.median * 1e-9)
    (peakGigaMACs, readGigaBytes) = (1e-9 / mac, 1e-9 / byte)
    bound = Double(macs) * mac > Double(bytes) * byte ? .compute : .memory
    // Round by round: the loops beside a run met the same state of the machine.
    let (work, yardstick) = bound == .compute ? (macs, samples.mac) : (bytes, samples.byte)
    let shares = Measurement(times: zip(yardstick, samples.run).map { Double(work) * $0 / $1 })
    (share, shareSpread) = (shares.median, shares.spread)
  }
}
