/// How a picture is resized.
public enum Interpolation: String, CaseIterable, Sendable, Codable {
  /// A triangle two source pixels wide.
  case bilinear
  /// Keys' cubic with a = -0.5, four source pixels wide.
  case bicubic
}

extension Interpolation {
  /// Where the filter becomes zero, in source pixels from its centre.
  fileprivate var support: Double { self == .bilinear ? 1 : 2 }

  fileprivate func weight(_ distance: Double) -> Double {
    let x = abs(distance)
    switch self {
    case .bilinear: return x < 1 ? 1 - x : 0
    case .bicubic:
      if x < 1 { return (1.5 * x - 2.5) * x * x + 1 }
      return x < 2 ? (((x - 5) * x + 8) * x - 4) * -0.5 : 0
    }
  }
}

/// The weights that resample one axis of a picture from `source` to `target` pixels, as Pillow computes them
/// (`ImagingResample`): when shrinking, the filter is stretched by the ratio, so that every source pixel counts.
struct ResamplingAxis {
  /// The number of fractional bits of a weight: 32 less 8 of a pixel, one of a sign and one for overshoot.
  static let fractionBits = 22

  /// For each target pixel of the range, the source pixels it is made of.
  let spans: [Range<Int>]
  /// Rows of `stride` weights, one row for each target pixel; the first `spans[i].count` of a row count.
  let weights: [Int32]
  let stride: Int
  /// Every source pixel that any target pixel of the range needs.
  var sourceRange: Range<Int> { (spans.first?.lowerBound ?? 0)..<(spans.last?.upperBound ?? 0) }

  /// - Parameter range: the target pixels that are wanted, within `0..<target`.
  init(source: Int, target: Int, range: Range<Int>, interpolation: Interpolation) {
    let scale = Double(source) / Double(target)
    let stretch = max(scale, 1)
    let support = interpolation.support * stretch
    let stride = Int(support.rounded(.up)) * 2 + 1
    var spans: [Range<Int>] = []
    var weights = [Int32](repeating: 0, count: stride * range.count)
    var exact = [Double](repeating: 0, count: stride)
    for (row, pixel) in range.enumerated() {
      let centre = (Double(pixel) + 0.5) * scale
      let first = max(Int(centre - support + 0.5), 0)
      let last = min(Int(centre + support + 0.5), source)
      var sum = 0.0
      for tap in 0..<(last - first) {
        exact[tap] = interpolation.weight((Double(tap + first) - centre + 0.5) * (1 / stretch))
        sum += exact[tap]
      }
      for tap in 0..<(last - first) {
        let fixed = (sum == 0 ? exact[tap] : exact[tap] / sum) * Double(1 << Self.fractionBits)
        weights[row * stride + tap] = Int32(fixed.rounded(.toNearestOrAwayFromZero))
      }
      spans.append(first..<last)
    }
    self.spans = spans
    self.weights = weights
    self.stride = stride
  }
}
