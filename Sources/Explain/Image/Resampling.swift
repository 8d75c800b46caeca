import CShim

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
  /// For each target pixel of the range, the first source pixel that it is made of; ascending.
  let first: [Int32]
  /// Rows of `taps` weights, one row for each target pixel; 0 where a target pixel is made of fewer.
  let weights: [Int32]
  let taps: Int
  /// Every source pixel that any target pixel of the range needs.
  let sourceRange: Range<Int>

  /// - Parameter range: the target pixels that are wanted, within `0..<target`.
  init(source: Int, target: Int, range: Range<Int>, interpolation: Interpolation, antialias: Bool) {
    let filters =
      switch (interpolation, antialias) {
      case (.nearest, _): Self.nearest(source: source, target: target, range: range)
      case (_, true): Self.antialiased(source: source, target: target, range: range, interpolation)
      case (_, false): Self.unstretched(source: source, target: target, range: range, interpolation)
      }
    let taps = filters.map(\.weights.count).max() ?? 1
    var weights: [Int32] = []
    weights.reserveCapacity(taps * filters.count)
    for filter in filters {
      weights += filter.weights.map(Self.fixed)
      weights += repeatElement(0, count: taps - filter.weights.count)
    }
    (self.taps, self.weights) = (taps, weights)
    first = filters.map { Int32($0.first) }
    sourceRange = (filters.first?.first ?? 0)..<(filters.last?.end ?? 0)
  }

  /// What one target pixel is made of.
  private struct Filter {
    var first: Int
    var weights: [Double]

    var end: Int { first + weights.count }
  }

  private static func antialiased(
    source: Int, target: Int, range: Range<Int>, _ interpolation: Interpolation
  ) -> [Filter] {
    let scale = Double(source) / Double(target)
    let stretch = max(scale, 1)
    let support = interpolation.support * stretch
    return range.map { pixel in
      let centre = (Double(pixel) + 0.5) * scale
      let first = max(Int(centre - support + 0.5), 0)
      let last = min(Int(centre + support + 0.5), source)
      let exact = (first..<last).map { place in
        interpolation.weight((Double(place) - centre + 0.5) * (1 / stretch), sharpness: -0.5)
      }
      let sum = exact.reduce(0, +)
      return Filter(first: first, weights: sum == 0 ? exact : exact.map { $0 / sum })
    }
  }

  /// Outside the picture its border continues.
  private static func unstretched(
    source: Int, target: Int, range: Range<Int>, _ interpolation: Interpolation
  ) -> [Filter] {
    let scale = Double(source) / Double(target)
    let reach = interpolation == .bilinear ? 1 : 2
    return range.map { pixel in
      let centre = (Double(pixel) + 0.5) * scale - 0.5
      let left = Int(centre.rounded(.down)) - reach + 1
      func inside(_ place: Int) -> Int { min(max(place, 0), source - 1) }
      let first = inside(left)
      var weights = [Double](repeating: 0, count: inside(left + 2 * reach - 1) - first + 1)
      for place in left..<left + 2 * reach {
        weights[inside(place) - first] += interpolation.weight(Double(place) - centre, sharpness: -0.75)
      }
      return Filter(first: first, weights: weights)
    }
  }

  /// One source pixel for each target pixel. Pillow adds steps up, whose rounding decides where a centre meets an edge.
  private static func nearest(source: Int, target: Int, range: Range<Int>) -> [Filter] {
    let step = Double(source) / Double(target)
    var position = step * 0.5
    var filters: [Filter] = []
    for pixel in 0..<range.upperBound {
      if range.contains(pixel) { filters.append(Filter(first: min(Int(position), source - 1), weights: [1])) }
      position += step
    }
    return filters
  }

  private static func fixed(_ weight: Double) -> Int32 {
    Int32((weight * Double(1 << resample_fraction_bits)).rounded(.toNearestOrAwayFromZero))
  }
}
