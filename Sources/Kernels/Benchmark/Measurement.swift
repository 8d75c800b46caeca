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

/// Runs of several bodies, interleaved, so that what disturbs the machine disturbs all of them alike.
public func measureInterleaved(rounds: Int, _ bodies: [() -> Void]) -> [Measurement] {
  let clock = ContinuousClock()
  var times = [[Double]](repeating: [], count: bodies.count)
  for _ in 0..<rounds {
    for (index, body) in bodies.enumerated() {
      let elapsed = clock.measure(body)
      times[index].append(elapsed.seconds)
    }
  }
  return times.map(Measurement.init)
}

extension Duration {
  /// Seconds as a Double.
  public var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
