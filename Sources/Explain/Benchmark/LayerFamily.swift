/// The steps of one kind together.
public struct LayerFamily: Sendable {
  public var name: String
  public var steps: Int
  /// The steps' medians added up, and what the machine would take for them at best.
  public var milliseconds, boundMilliseconds: Double
  /// Share of the pass.
  public var shareOfPass: Double
  public var macs: Int

  /// 10^9 multiply-accumulates per second.
  public var gigaMACs: Double { Double(macs) / milliseconds * 1e-6 }
  public var shareOfBound: Double { boundMilliseconds / milliseconds }
}

extension LayerTimes {
  /// The most expensive first.
  public var families: [LayerFamily] {
    Dictionary(grouping: layers, by: \.family).map { name, layers in
      let milliseconds = layers.reduce(0) { $0 + $1.milliseconds }
      return LayerFamily(
        name: name, steps: layers.count, milliseconds: milliseconds,
        boundMilliseconds: layers.reduce(0) { $0 + max($1.computeMilliseconds, $1.memoryMilliseconds) },
        shareOfPass: milliseconds / passMilliseconds, macs: layers.reduce(0) { $0 + $1.macs })
    }
    .sorted { ($1.milliseconds, $0.name) < ($0.milliseconds, $1.name) }
  }
}
