import Kernels

/// By how much the mean of one method differs from that of another over the same images, and how far that may be chance.
///
/// The interval is the paired bootstrap's, by percentiles: B. Efron and R. Tibshirani, "An Introduction to the Bootstrap", 1993.
public struct PairedDifference: Sendable, Equatable, Encodable {
  /// Resamples of the images.
  public static let resamples = 2000
  /// Share of the resamples' means that the interval holds.
  public static let confidence = 0.95

  public let mean: Double
  /// The ends of the interval.
  public let low, high: Double
  /// Images with both values.
  public let images: Int

  /// Whether the interval lies on one side of zero.
  public var isCertain: Bool { low > 0 || high < 0 }

  /// Nil with fewer than two images that have both values.
  ///
  /// - Parameters:
  ///   - values, others: one for each image, in the same order.
  ///   - seed: of the resamples, which are the same for all metrics and methods over as many images.
  package init?(_ values: [Double?], minus others: [Double?], seed: Int) {
    let differences = zip(values, others).compactMap { value, other in
      value.flatMap { value in other.map { value - $0 } }
    }
    guard differences.count > 1 else { return nil }
    let count = UInt64(differences.count)
    var generator = SplitMix64(seed, differences.count)
    let means = (0..<Self.resamples).map { _ in
      var sum = 0.0
      for _ in differences { sum += differences[Int(generator.next().multipliedFullWidth(by: count).high)] }
      return sum / Double(count)
    }.sorted()
    mean = differences.reduce(0, +) / Double(count)
    low = quantile((1 - Self.confidence) / 2, ofSorted: means)
    high = quantile((1 + Self.confidence) / 2, ofSorted: means)
    images = differences.count
  }
}
