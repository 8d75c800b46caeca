/// A class map scaled to 0...1 by its own minimum and maximum, `[height, width]`, row-major.
public struct NormalizedMap: Sendable, Equatable {
  public let width, height: Int
  /// 0 where the map was lowest, 1 (almost) where it was highest; all zeros when `isFlat`.
  public let values: [Float]
  /// Smallest and largest finite value before scaling; both 0 when there is none.
  public let minimum, maximum: Float
  /// True for a map that says nothing: constant, or with values that are not numbers.
  public let isFlat: Bool

  /// Keeps the quotient of a constant map defined; part of the method's definition (T-TAME, section III).
  private static let epsilon: Float = 1e-10

  /// Scales a map: (c - min) / (max - min + 1e-10).
  ///
  /// - Precondition: `values` holds `width * height` elements, at least one.
  public init(width: Int, height: Int, values: [Float]) {
    precondition(width > 0 && height > 0 && values.count == width * height)
    self.width = width
    self.height = height
    let finite = values.lazy.filter(\.isFinite)
    let low = finite.min() ?? 0
    let high = finite.max() ?? 0
    minimum = low
    maximum = high
    let range = high - low
    isFlat = range == 0 || !range.isFinite || !values.allSatisfy(\.isFinite)
    self.values =
      isFlat
      ? [Float](repeating: 0, count: values.count)
      : values.map { ($0 - low) / (range + Self.epsilon) }
  }
}

extension ClassMap {
  /// The map scaled to 0...1.
  public func normalized() -> NormalizedMap {
    NormalizedMap(width: width, height: height, values: values)
  }
}
