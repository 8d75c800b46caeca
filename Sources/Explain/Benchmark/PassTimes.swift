import Kernels

/// What a session is asked to do for an image.
public enum Pass: String, CaseIterable, Sendable, Encodable {
  /// Logits.
  case classify
  /// Logits and the map of the predicted class, scaled to 0...1.
  case explain
}

/// What one kind of pass costs in a process that does nothing else, as other runtimes are measured: cold, then warm.
public struct PassTimes: Sendable, Encodable {
  public var model: String
  public var pass: Pass
  public var tier: String
  public var threads: Int
  /// Warm passes that were timed.
  public var rounds: Int
  /// Milliseconds of the warm passes.
  public var median, fastest: Double
  /// Half the distance between the quartiles, as a share of the median.
  public var spread: Double
  /// Milliseconds of the first pass: memory planned, weights read from the file.
  public var first: Double
  /// The system's monotonic clock when the first pass was done, in seconds: less the time at which the process was started,
  /// by the same clock, it is the cold start.
  public var firstResultAt: Double
}

extension Session {
  /// Repeats one kind of pass on a synthetic input.
  ///
  /// - Parameter seconds: how long; a third of it, one second at most, goes by before passes count. Five are counted at least.
  /// - Throws: `EngineError`; an explanation needs a head.
  public func passTimes(_ pass: Pass, seconds: Double) throws(EngineError) -> PassTimes {
    let input = Self.noise(count: model.description.graph.inputShape.count)
    let clock = ContinuousClock()
    let start = clock.now
    try run(pass, input)
    let first = start.duration(to: clock.now).seconds
    let firstResultAt = BenchmarkClock.wall.now

    let warmUntil = clock.now + .seconds(min(1, seconds / 3))
    repeat { try run(pass, input) } while clock.now < warmUntil
    var times: [Double] = []
    let end = clock.now + .seconds(seconds)
    while clock.now < end || times.count < 5 {
      let start = clock.now
      try run(pass, input)
      times.append(start.duration(to: clock.now).seconds)
    }
    let warm = Measurement(times: times)
    return PassTimes(
      model: model.description.name, pass: pass, tier: tier.rawValue, threads: threads, rounds: times.count,
      median: warm.median * 1e3, fastest: warm.fastest * 1e3, spread: warm.spread, first: first * 1e3,
      firstResultAt: firstResultAt)
  }

  private func run(_ pass: Pass, _ input: [Float]) throws(EngineError) {
    switch pass {
    case .classify: _ = try classify(input)
    case .explain: _ = try explain(input) { largest(1, of: $0) }.maps.map { $0.normalized() }
    }
  }

  /// Values like those of a normalised photograph, -2...2.
  private static func noise(count: Int) -> [Float] {
    var state: UInt32 = 1
    return (0..<count).map { _ in
      state = state &* 1_664_525 &+ 1_013_904_223
      return Float(state >> 8) / Float(1 << 22) - 2
    }
  }
}
