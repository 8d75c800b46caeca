/// Which form of its map masks an image in training.
public enum MaskForm: String, Sendable, CaseIterable, Codable {
  /// The sigmoid of the map, as in the paper.
  case attention
  /// Every second image by the map scaled to 0...1 by its own minimum and maximum, which is how a map is shown and judged: a
  /// sigmoid may saturate where the scaled map has a lonely peak.
  case mixed

  /// - Parameter image: its place in the batch, whose order is random.
  func scales(image: Int) -> Bool { self == .mixed && image % 2 == 1 }
}

/// A map scaled by its own minimum and maximum, with the way back for gradients.
package struct ScaledMap {
  package let values: [Float]
  private let lowest, highest: Int
  private let range: Float

  /// Keeps the slope of a flat map finite.
  private static let smallestRange: Float = 1e-6

  package init(_ map: ArraySlice<Float>) {
    var (low, high) = (map.startIndex, map.startIndex)
    for i in map.indices {
      if map[i] < map[low] { low = i }
      if map[i] > map[high] { high = i }
    }
    let minimum = map[low]
    let range = max(map[high] - minimum, Self.smallestRange)
    values = map.map { ($0 - minimum) / range }
    (lowest, highest, self.range) = (low - map.startIndex, high - map.startIndex, range)
  }

  /// The gradient by the map, from that by `values`.
  package func gradient(_ scaled: UnsafePointer<Float>) -> [Float] {
    var result = [Float](repeating: 0, count: values.count)
    var (ofHighest, ofLowest): (Float, Float) = (0, 0)
    for i in values.indices {
      result[i] = scaled[i] / range
      ofHighest += result[i] * values[i]
      ofLowest += result[i] * (1 - values[i])
    }
    result[highest] -= ofHighest
    result[lowest] -= ofLowest
    return result
  }
}
