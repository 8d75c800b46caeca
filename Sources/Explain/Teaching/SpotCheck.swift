/// Whether the maps of a class lie where no object is expected to lie every time: on the border, or at the same spot whatever the
/// picture shows. Then the classifier may have learnt a timestamp, a watermark or a background in the place of the class.
///
/// Maps are added one by one; memory does not grow with their number.
public struct SpotCheck: Sendable {
  /// What is suspicious about a class.
  public enum Finding: Sendable, Equatable {
    /// A place near the border is among the hottest of nearly all maps.
    case border(Place, share: Double)
    /// The maps of different pictures are nearly the same.
    case sameSpot(Place, correlation: Double)
  }

  /// Where in the picture.
  public struct Place: Sendable, Equatable {
    /// Of the picture's width and height, 0...1, from the top left.
    public var x, y: Double

    /// `top left`, `bottom`, `centre`
    public var words: String {
      let rows = y < 1.0 / 3 ? "top" : y > 2.0 / 3 ? "bottom" : ""
      let columns = x < 1.0 / 3 ? "left" : x > 2.0 / 3 ? "right" : ""
      let words = [rows, columns].filter { !$0.isEmpty }.joined(separator: " ")
      return words.isEmpty ? "centre" : words
    }
  }

  /// The part of a map's pixels that count as its hottest.
  static let hotShare = 0.15
  /// Pixels farther from the centre than this share of the way to the border lie near it.
  static let borderDistance = 0.75
  /// The least share of maps that are hot at one place near the border, at the lower end of its 95 % interval: photographs of
  /// Caltech-101 and Imagenette, 102 classes, stay below 0.45.
  static let borderLimit = 0.6
  /// The least mean correlation of maps of different pictures: the aligned motorbikes of Caltech-101 have 0.87.
  static let correlationLimit = 0.9
  /// Pictures below which similar maps say nothing.
  static let fewest = 8

  /// Maps that were added.
  public private(set) var images = 0
  private var width = 0, height = 0
  /// How often each pixel was among the hottest, and the sum of maps of mean 0 and deviation 1.
  private var hot: [Int] = []
  private var sum: [Double] = []

  public init() {}

  /// Adds the map of a picture of the class. Flat maps, and maps of another shape, say nothing.
  public mutating func add(_ map: ClassMap) {
    let count = Double(map.values.count)
    let mean = map.values.reduce(0.0) { $0 + Double($1) } / count
    let variance = map.values.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / count
    guard variance > 0, variance.isFinite else { return }
    if images == 0 {
      (width, height) = (map.width, map.height)
      hot = [Int](repeating: 0, count: map.values.count)
      sum = [Double](repeating: 0, count: map.values.count)
    }
    guard (width, height) == (map.width, map.height) else { return }
    images += 1
    for index in largest(max(1, Int((Self.hotShare * count).rounded())), of: map.values) { hot[index] += 1 }
    for (index, value) in map.values.enumerated() { sum[index] += (Double(value) - mean) / variance.squareRoot() }
  }

  /// Mean correlation of the maps of two different pictures; nil of less than two.
  public var correlation: Double? {
    guard images > 1 else { return nil }
    let n = Double(images)
    // Each map's product with itself is 1, and is none of two different pictures.
    return (sum.reduce(0) { $0 + $1 * $1 } / Double(sum.count) - n) / (n * (n - 1))
  }

  /// The share of maps that are hot at the pixel near the border that is hot most often.
  public var borderShare: Double { images == 0 ? 0 : Double(hotBorder?.count ?? 0) / Double(images) }

  private var hotBorder: (index: Int, count: Int)? {
    hot.indices.filter(isNearBorder).map { ($0, hot[$0]) }.max { $0.1 < $1.1 }
  }

  private func isNearBorder(_ index: Int) -> Bool {
    let place = place(index)
    return max(abs(place.x - 0.5), abs(place.y - 0.5)) * 2 >= Self.borderDistance
  }

  private func place(_ index: Int) -> Place {
    Place(x: (Double(index % width) + 0.5) / Double(width), y: (Double(index / width) + 0.5) / Double(height))
  }

  /// What is suspicious; nil where nothing is.
  public var finding: Finding? {
    guard images >= Self.fewest else { return nil }
    if let border = hotBorder, wilsonInterval(borderShare, count: images).lowerBound >= Self.borderLimit {
      return .border(place(border.index), share: borderShare)
    }
    if let correlation, correlation >= Self.correlationLimit, let peak = sum.indices.max(by: { sum[$0] < sum[$1] }) {
      return .sameSpot(place(peak), correlation: correlation)
    }
    return nil
  }
}

extension SpotCheck.Finding {
  /// A sentence about a class.
  public func sentence(_ label: String) -> String {
    switch self {
    case .border(let place, let share):
      "\(label): \((100 * share).fixed(0)) % of the maps are hot near the border, at the \(place.words); is that \(label), or a "
        + "timestamp, a watermark, a background?"
    case .sameSpot(let place, let correlation):
      "\(label): the maps are nearly the same whatever the picture shows (correlation \(correlation.fixed(2)), \(place.words)); "
        + "is \(label) always there?"
    }
  }
}
