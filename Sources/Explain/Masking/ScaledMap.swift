/// A map scaled by its own minimum and maximum, and of that a share of the pixels, the highest; with the way back for gradients.
package struct ScaledMap {
  /// What masks the image.
  package let values: [Float]
  /// The map between its minimum and its maximum, and how far each pixel counts as one of the highest.
  private let scaled, gate: [Float]
  private let lowest, highest: Int
  /// The highest pixel of those that are not kept; nil where all are.
  private let threshold: Int?
  private let range: Float

  /// Keeps the slope of a flat map finite.
  private static let smallestRange: Float = 1e-6
  /// A hard threshold has no slope; this is the width of a logistic one.
  private static let softness: Float = 0.05

  /// - Parameter share: of the pixels, above 0 and at most 1.
  package init(_ map: ArraySlice<Float>, keeping share: Float = 1) {
    var (low, high) = (map.startIndex, map.startIndex)
    for i in map.indices {
      if map[i] < map[low] { low = i }
      if map[i] > map[high] { high = i }
    }
    let minimum = map[low]
    let range = max(map[high] - minimum, Self.smallestRange)
    let scaled = map.map { ($0 - minimum) / range }
    (lowest, highest, self.range) = (low - map.startIndex, high - map.startIndex, range)
    self.scaled = scaled
    if share < 1 {
      let descending = scaled.indices.sorted { (scaled[$1], $0) < (scaled[$0], $1) }
      let threshold = descending[min(Int(share * Float(scaled.count)), scaled.count - 1)]
      gate = scaled.map { logistic(($0 - scaled[threshold]) / Self.softness) }
      self.threshold = threshold
    } else {
      gate = [Float](repeating: 1, count: scaled.count)
      threshold = nil
    }
    values = zip(scaled, gate).map { $0 * $1 }
  }

  /// The gradient by the map, from that by `values`.
  package func gradient(_ ofValues: UnsafePointer<Float>) -> [Float] {
    var result = [Float](repeating: 0, count: values.count)
    var ofThreshold: Float = 0
    for i in values.indices {
      result[i] = ofValues[i] * gate[i]
      guard threshold != nil else { continue }
      let slope = ofValues[i] * scaled[i] * gate[i] * (1 - gate[i]) / Self.softness
      result[i] += slope
      ofThreshold += slope
    }
    if let threshold { result[threshold] -= ofThreshold }
    var (ofHighest, ofLowest): (Float, Float) = (0, 0)
    for i in values.indices {
      result[i] /= range
      ofHighest += result[i] * scaled[i]
      ofLowest += result[i] * (1 - scaled[i])
    }
    result[highest] -= ofHighest
    result[lowest] -= ofLowest
    return result
  }
}
