/// What a machine can do at best, measured: multiply-accumulates from registers alone, and reads by working-set size.
///
/// No layer can be faster than its multiply-accumulates at the peak, nor than its bytes at the bandwidth of where they lie
/// (S. Williams, A. Waterman, D. Patterson, "Roofline", 2009).
public struct Roofline: Sendable, Codable {
  /// Reads of one working set, over and over.
  public struct Bandwidth: Sendable, Codable {
    /// The working set, which the threads share.
    public var bytes: Int
    /// 10^9 bytes per second, all threads together.
    public var gigaBytes: Double
  }

  public var tier: String
  public var threads: Int
  /// 10^9 multiply-accumulates per second.
  public var peakInt8, peakFloat: Double
  /// By rising size.
  public var reads: [Bandwidth]

  /// Working sets from the first-level cache to memory.
  public static let workingSets = [16 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20, 16 << 20, 64 << 20, 128 << 20]

  /// Bytes per second for a working set, between the two sizes that were measured around it.
  public func bandwidth(ofWorkingSet bytes: Int) -> Double {
    guard let upper = reads.firstIndex(where: { $0.bytes >= bytes }) else {
      return (reads.last?.gigaBytes ?? .nan) * 1e9
    }
    guard upper > 0 else { return reads[upper].gigaBytes * 1e9 }
    let (small, large) = (reads[upper - 1], reads[upper])
    let share = Double(bytes - small.bytes) / Double(large.bytes - small.bytes)
    return (small.gigaBytes + (large.gigaBytes - small.gigaBytes) * share) * 1e9
  }
}

extension ExecutionContext {
  /// Measures this context's tier on its threads, interleaved: medians.
  public func roofline(rounds: Int = 15) -> Roofline {
    let memory = AlignedMemory(bytes: Roofline.workingSets.last ?? 0)
    let loops = [peakLoop(isFloat: false), peakLoop(isFloat: true)]
    let reads = Roofline.workingSets.map { readLoop(memory, bytes: $0) }
    let times = measureInterleaved(rounds: rounds, clock: benchmarkClock, (loops + reads).map(\.run))
    let rates = zip(loops + reads, times).map { $0.work / $1.median * 1e-9 }
    return Roofline(
      tier: kernels.tier.rawValue, threads: pool.threads, peakInt8: rates[0], peakFloat: rates[1],
      reads: zip(Roofline.workingSets, rates.dropFirst(2)).map { Roofline.Bandwidth(bytes: $0, gigaBytes: $1) })
  }

  /// 10^9 multiply-accumulates per second of the register-only loop on all threads, a median.
  public func peak(isFloat: Bool = false, rounds: Int = 15) -> Double {
    let loop = peakLoop(isFloat: isFloat)
    return loop.work / measureInterleaved(rounds: rounds, clock: benchmarkClock, [loop.run])[0].median * 1e-9
  }

  /// The register-only loop, for about a millisecond, on every thread.
  func peakLoop(isFloat: Bool) -> BenchmarkLoop {
    let (int8, float) = (kernels.functions.peakInt8, kernels.functions.peakFloat)
    let body: (Int, UnsafeRawPointer) -> Int = { iterations, operands in
      var (level, value) = (Int32.zero, Float.zero)
      return isFloat ? float(iterations, operands, &value) : int8(iterations, operands, &level)
    }
    // Small integers that are normal Floats too.
    let operands = AlignedMemory([Float](repeating: 0.5, count: 32))
    let trial = 1000
    let macs = body(trial, operands.pointer)
    let iterations = trial * repetitions(of: { _ = body(trial, operands.pointer) }, toLast: BenchmarkLoop.seconds)
    return BenchmarkLoop(work: Double(macs) * Double(iterations / trial * pool.threads)) { [pool] in
      pool.run(chunks: pool.threads) { _ in _ = body(iterations, operands.pointer) }
    }
  }

  /// Reads of the first `bytes` of `memory`, for about a millisecond, each thread a part of its own.
  func readLoop(_ memory: AlignedMemory, bytes: Int) -> BenchmarkLoop {
    // Whole steps of the widest read kernel.
    let part = max(512, bytes / pool.threads / 512 * 512)
    let read = kernels.functions.readMemory
    let repeats = repetitions(of: { _ = read(memory.pointer, part) }, toLast: BenchmarkLoop.seconds)
    return BenchmarkLoop(work: Double(part) * Double(pool.threads * repeats)) { [pool] in
      pool.run(chunks: pool.threads) { chunk in
        for _ in 0..<repeats { _ = read(memory.pointer + chunk * part, part) }
      }
    }
  }
}

/// A body that does a known amount of work, in multiply-accumulates or bytes.
struct BenchmarkLoop {
  /// Long enough that clocks and calls cost nothing, short enough that a round meets one state of the machine.
  static let seconds = 1e-3

  var work: Double
  var run: () -> Void
}
