/// What maps cost on average.
public struct MapCost: Sendable {
  private var maps = 0
  private var passes = PassCount(forward: 0)
  private var time = Duration.zero

  public init() {}

  /// Counts one map.
  public mutating func add(_ passes: PassCount, _ time: Duration) {
    maps += 1
    self.passes.forward += passes.forward
    self.passes.tail += passes.tail
    self.passes.backward += passes.backward
    self.time += time
  }

  /// Nil without maps.
  public var mean: (forward: Double, tail: Double, backward: Double, milliseconds: Double)? {
    guard maps > 0 else { return nil }
    let count = Double(maps)
    return (
      Double(passes.forward) / count, Double(passes.tail) / count, Double(passes.backward) / count,
      time / .milliseconds(1) / count
    )
  }
}
