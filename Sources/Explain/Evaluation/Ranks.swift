/// The ranks of values, the smallest first: 0 ..< count, and equal values all have the mean of the ranks that they take.
///
/// - Parameter order: the indices of `values`, ascending by value.
func averageRanks<Value: Equatable>(_ values: [Value], order: [Int]) -> [Double] {
  var ranks = [Double](repeating: 0, count: values.count)
  var first = 0
  while first < order.count {
    var end = first + 1
    while end < order.count, values[order[end]] == values[order[first]] { end += 1 }
    for place in first..<end { ranks[order[place]] = Double(first + end - 1) / 2 }
    first = end
  }
  return ranks
}

/// The ranks of a few values, as `averageRanks(_:order:)` has them.
func averageRanks<Value: Comparable>(_ values: [Value]) -> [Double] {
  averageRanks(values, order: values.indices.sorted { values[$0] < values[$1] })
}

extension SaliencyMap {
  /// The map with every value replaced by its rank among the pixels that count, scaled to 0...1; ties are averaged.
  ///
  /// All such maps are equally bright: their mean is 0.5, whatever curve the map's values went through. A flat map has no
  /// order and stays zero.
  public var ranked: SaliencyMap {
    if isFlat { return self }
    let values = seenValues
    guard values.count > 1 else { return self }
    // Floats that are not negative are ordered as their bits, and integers sort several times as fast as pairs.
    let keys = values.enumerated().map { UInt64($1.bitPattern) << 32 | UInt64($0) }.sorted()
    let ranks = averageRanks(values, order: keys.map { Int(truncatingIfNeeded: $0 & 0xFFFF_FFFF) })
    let scale = 1 / Double(values.count - 1)
    var result = [Float](repeating: 0, count: width * height)
    for (index, rank) in zip(seenIndices, ranks) { result[index] = Float(rank * scale) }
    return SaliencyMap(width: width, height: height, values: result, seen: seen)
  }
}
