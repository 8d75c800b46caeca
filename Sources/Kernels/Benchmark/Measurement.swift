import Glibc

/// Times of repeated runs, in seconds.
public struct Measurement: Sendable {
  public var times: [Double]

  public init(times: [Double]) { self.times = times.sorted() }

  public var median: Double { times.isEmpty ? .nan : times[times.count / 2] }
  public var fastest: Double { times.first ?? .nan }
  /// Half the distance between the quartiles, as a share of the median: how noisy the runs were.
  public var spread: Double {
    times.isEmpty ? .nan : (times[times.count * 3 / 4] - times[times.count / 4]) / 2 / median
  }
}

/// What measurements are taken with.
public enum BenchmarkClock: Sendable {
  /// Time that passes.
  case wall
  /// Time that the calling thread has the CPU: what other programs take away does not count.
  case thread

  /// Seconds since some fixed point.
  public var now: Double {
    var time = timespec()
    clock_gettime(self == .wall ? CLOCK_MONOTONIC : CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}

extension ExecutionContext {
  /// The thread's own clock where one thread does all the work.
  public var benchmarkClock: BenchmarkClock { pool.threads == 1 ? .thread : .wall }
}

/// Runs of several bodies, interleaved, so that what disturbs the machine disturbs all of them alike.
public func measureInterleaved(
  rounds: Int, clock: BenchmarkClock = .wall, _ bodies: [() -> Void]
) -> [Measurement] {
  interleavedTimes(rounds: rounds, clock: clock, bodies).map(Measurement.init)
}

/// Seconds of every body in every round, `[bodies][rounds]`.
func interleavedTimes(rounds: Int, clock: BenchmarkClock, _ bodies: [() -> Void]) -> [[Double]] {
  var times = [[Double]](repeating: [], count: bodies.count)
  for _ in 0..<rounds {
    for (index, body) in bodies.enumerated() {
      let start = clock.now
      body()
      times[index].append(clock.now - start)
    }
  }
  return times
}

/// How often `body` has to run to last for `seconds`, at least once.
func repetitions(of body: () -> Void, toLast seconds: Double) -> Int {
  var fastest = Double.infinity
  for _ in 0..<3 {
    let start = BenchmarkClock.thread.now
    body()
    fastest = min(fastest, BenchmarkClock.thread.now - start)
    if fastest > seconds { break }
  }
  return max(1, Int((seconds / max(fastest, 1e-7)).rounded(.up)))
}

extension Duration {
  /// Seconds as a Double.
  public var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
