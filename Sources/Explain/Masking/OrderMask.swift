import Glibc
import Kernels

/// A soft threshold of a map that keeps a share of its pixels, with the way back for gradients.
///
/// `k = logistic((z - t) / softness)`, where `z` is the map in standard deviations from its mean, and `t` such that the mean of `k` is
/// the share. A map that is shifted or stretched has the same mask, so training moves nothing but the order of the pixels and the
/// gaps between them.
package struct OrderMask {
  /// What masks the image: `k`, or `1 - k` if the highest pixels are removed.
  package let values: [Float]
  /// The map in standard deviations from its mean.
  private let standardized: [Float]
  /// The slope of `k` by its argument.
  private let slopes: [Float]
  private let deviation, softness: Float
  private let removes: Bool

  /// Keeps the slope of a flat map finite.
  private static let smallestDeviation: Float = 1e-6
  /// Bisections for the threshold: to the last bit of a Float.
  private static let bisections = 40

  /// - Parameters:
  ///   - share: of the pixels, the highest; above 0 and below 1.
  ///   - softness: the width of the threshold, in deviations of the map.
  ///   - removes: whether they are removed, and the others kept.
  package init(_ map: ArraySlice<Float>, share: Float, softness: Float, removes: Bool) {
    let count = Double(map.count)
    let mean = Float(map.reduce(0) { $0 + Double($1) } / count)
    let variance = map.reduce(0) { $0 + Double(($1 - mean) * ($1 - mean)) } / count
    let deviation = max(Float(variance.squareRoot()), Self.smallestDeviation)
    let standardized = map.map { ($0 - mean) / deviation }
    // With all pixels at an end, `t` would lie the logit of the share beyond it.
    let reach = softness * max(-logit(share), logit(share))
    var (low, high) = ((standardized.min() ?? 0) - reach, (standardized.max() ?? 0) + reach)
    for _ in 0..<Self.bisections {
      let middle = low + (high - low) / 2
      let sum = standardized.reduce(0) { $0 + Double(logistic(($1 - middle) / softness)) }
      if sum > Double(share) * count { low = middle } else { high = middle }
    }
    let kept = standardized.map { logistic(($0 - high) / softness) }
    slopes = kept.map { $0 * (1 - $0) }
    values = removes ? kept.map { 1 - $0 } : kept
    (self.standardized, self.deviation, self.softness, self.removes) = (standardized, deviation, softness, removes)
  }

  /// The gradient by the map, from that by `values`.
  package func gradient(_ ofValues: UnsafePointer<Float>) -> [Float] {
    let factor = (removes ? -1 : 1) / softness
    let count = Double(slopes.count)
    var (sum, slope) = (0.0, 0.0)
    for i in slopes.indices {
      sum += Double(ofValues[i] * slopes[i])
      slope += Double(slopes[i])
    }
    // The threshold moves so that the share stays: by the slopes' shares of the pixels' moves.
    let ofThreshold = Float(sum / max(slope, .leastNormalMagnitude))
    let ofStandardized = slopes.indices.map { factor * slopes[$0] * (ofValues[$0] - ofThreshold) }
    var (mean, moment) = (0.0, 0.0)
    for i in slopes.indices {
      mean += Double(ofStandardized[i]) / count
      moment += Double(ofStandardized[i] * standardized[i]) / count
    }
    return slopes.indices.map { (ofStandardized[$0] - Float(mean) - standardized[$0] * Float(moment)) / deviation }
  }
}

private func logit(_ share: Float) -> Float { logf(share / (1 - share)) }
