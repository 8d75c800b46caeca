/// How a picture is resized.
public enum Interpolation: String, CaseIterable, Sendable, Codable {
  /// A triangle two source pixels wide.
  case bilinear
  /// Keys' cubic, four source pixels wide, with a = -0.5 where it is antialiased, or else -0.75, as PyTorch has both.
  case bicubic
  /// The pixel that the centre lies in.
  case nearest
}

extension Interpolation {
  /// Where the filter becomes zero, in source pixels from its centre.
  fileprivate var support: Double { self == .bilinear ? 1 : 2 }

  /// - Parameter sharpness: Keys' a.
  fileprivate func weight(_ distance: Double, sharpness: Double) -> Double {
    let x = abs(distance)
    switch self {
    case .bilinear: return x < 1 ? 1 - x : 0
    case .bicubic:
      if x < 1 { return ((sharpness + 2) * x - (sharpness + 3)) * x * x + 1 }
      return x < 2 ? (((x - 5) * x + 8) * x - 4) * sharpness : 0
    case .nearest: return x < 0.5 ? 1 : 0
    }
  }
}

/// The weights that resample one axis of a picture from `source` to `target` pixels.
///
/// Antialiased, as Pillow computes them (`ImagingResample`): when shrinking, the filter is stretched by the ratio, so that every
/// source pixel counts. Otherwise the filter keeps its size, as in OpenCV and TensorFlow.
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
  init(source: Int, target: Int, range: Range<Int>, interpolation: Interpolation, antialias: Bool) {
    switch (interpolation, antialias) {
    case (.nearest, _): self = Self.nearest(source: source, target: target, range: range)
    case (_, true): self = Self.antialiased(source: source, target: target, range: range, interpolation)
    case (_, false): self = Self.unstretched(source: source, target: target, range: range, interpolation)
    }
  }

  private init(spans: [Range<Int>], weights: [Int32], stride: Int) {
    (self.spans, self.weights, self.stride) = (spans, weights, stride)
  }

  private static func antialiased(
    source: Int, target: Int, range: Range<Int>, _ interpolation: Interpolation
  ) -> ResamplingAxis {
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
        exact[tap] = interpolation.weight(
          (Double(tap + first) - centre + 0.5) * (1 / stretch), sharpness: -0.5)
        sum += exact[tap]
      }
      for tap in 0..<(last - first) {
        weights[row * stride + tap] = fixed(sum == 0 ? exact[tap] : exact[tap] / sum)
      }
      spans.append(first..<last)
    }
    return ResamplingAxis(spans: spans, weights: weights, stride: stride)
  }

  /// Outside the picture its border continues.
  private static func unstretched(
    source: Int, target: Int, range: Range<Int>, _ interpolation: Interpolation
  ) -> ResamplingAxis {
    let scale = Double(source) / Double(target)
    let reach = interpolation == .bilinear ? 1 : 2
    let stride = 2 * reach
    var spans: [Range<Int>] = []
    var weights = [Int32](repeating: 0, count: stride * range.count)
    for (row, pixel) in range.enumerated() {
      let centre = (Double(pixel) + 0.5) * scale - 0.5
      let left = Int(centre.rounded(.down)) - reach + 1
      func inside(_ place: Int) -> Int { min(max(place, 0), source - 1) }
      let first = inside(left)
      var exact = [Double](repeating: 0, count: stride)
      for place in left..<left + stride {
        exact[inside(place) - first] += interpolation.weight(Double(place) - centre, sharpness: -0.75)
      }
      let last = inside(left + stride - 1)
      for tap in 0...last - first { weights[row * stride + tap] = fixed(exact[tap]) }
      spans.append(first..<last + 1)
    }
    return ResamplingAxis(spans: spans, weights: weights, stride: stride)
  }

  /// One source pixel for each target pixel. Pillow adds steps up, whose rounding decides where a centre meets an edge.
  private static func nearest(source: Int, target: Int, range: Range<Int>) -> ResamplingAxis {
    let step = Double(source) / Double(target)
    var position = step * 0.5
    var spans: [Range<Int>] = []
    for pixel in 0..<range.upperBound {
      if range.contains(pixel) {
        let place = min(Int(position), source - 1)
        spans.append(place..<place + 1)
      }
      position += step
    }
    return ResamplingAxis(spans: spans, weights: range.map { _ in fixed(1) }, stride: 1)
  }

  private static func fixed(_ weight: Double) -> Int32 {
    Int32((weight * Double(1 << fractionBits)).rounded(.toNearestOrAwayFromZero))
  }
}
