/// A rectangle of whole pixels.
public struct PixelArea: Sendable, Equatable {
  public var columns, rows: Range<Int>

  public init(columns: Range<Int>, rows: Range<Int>) { (self.columns, self.rows) = (columns, rows) }

  /// All of a picture.
  public init(width: Int, height: Int) { self.init(columns: 0..<width, rows: 0..<height) }

  /// Pixels in it.
  public var count: Int { columns.count * rows.count }
}

/// The pixels of an axis of `count` pixels whose centres lie within `extent` from `start`; where none does, the one in which
/// that stretch has its middle.
func pixels(of count: Int, from start: Double, extent: Double) -> Range<Int> {
  let first = min(max(Int((start - 0.5).rounded(.up)), 0), count)
  let end = min(max(Int((start + extent - 0.5).rounded(.up)), first), count)
  if first < end { return first..<end }
  let middle = min(max(Int(start + extent / 2), 0), count - 1)
  return middle..<middle + 1
}
