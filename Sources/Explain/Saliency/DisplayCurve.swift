import Glibc

/// How bright a picture shows saliency: a choice of display, which changes neither the map nor any figure.
public enum DisplayCurve: Sendable, Equatable {
  /// The saliency raised to a power above 0: as it is with 1, brighter below, only its hottest part above.
  case power(Double)
  /// The share of the pixels that are colder, so that all pictures are equally bright.
  case rank

  public static let linear = DisplayCurve.power(1)

  /// What each of the 256 levels of a saliency is shown as.
  func levels(of saliency: some SaliencyRows) -> [UInt8] {
    switch self {
    case .power(let exponent): return (0...255).map { UInt8(255 * pow(Double($0) / 255, exponent) + 0.5) }
    case .rank:
      var counts = [Int](repeating: 0, count: 256)
      saliency.forEachRowOfLevels { _, levels in
        for level in levels { counts[Int(level)] += 1 }
      }
      // What was not salient at all, as all of a flat map, stays cold.
      let total = Double(max(1, counts.reduce(0, +)))
      var colder = 0
      return counts.enumerated().map { level, count in
        defer { colder += count }
        return level == 0 ? 0 : UInt8(255 * (Double(colder) + Double(count) / 2) / total + 0.5)
      }
    }
  }
}
