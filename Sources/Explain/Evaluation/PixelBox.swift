/// A rectangle in a picture, in pixels from its upper left corner: from `(x0, y0)` up to, but not including, `(x1, y1)`.
public struct PixelBox: Sendable, Equatable {
  public var x0, y0, x1, y1: Double

  public init(x0: Double, y0: Double, x1: Double, y1: Double) {
    (self.x0, self.y0, self.x1, self.y1) = (x0, y0, x1, y1)
  }

  /// The pixels of the network's input whose centres lie inside; nil where the crop shows none of the box.
  ///
  /// - Parameters:
  ///   - region: the part of the picture that the network sees.
  ///   - crop: the size of the network's input.
  public func pixels(in region: CropRegion, crop: PixelSize) -> (columns: Range<Int>, rows: Range<Int>)? {
    func range(_ from: Double, _ to: Double, origin: Double, extent: Double, _ side: Int) -> Range<Int> {
      func edge(_ value: Double) -> Int {
        let scaled = (value - origin) / extent * Double(side)
        return Int(min(max((scaled - 0.5).rounded(.up), 0), Double(side)))
      }
      return edge(from)..<max(edge(from), edge(to))
    }
    let columns = range(x0, x1, origin: region.x, extent: region.width, crop.width)
    let rows = range(y0, y1, origin: region.y, extent: region.height, crop.height)
    return columns.isEmpty || rows.isEmpty ? nil : (columns, rows)
  }
}
