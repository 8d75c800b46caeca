/// Where the network's input lies in a picture, in pixels of the picture from its upper left corner.
///
/// A centre crop lies inside the picture; with bars around the picture (`Fit.letterbox`) the region is larger than it.
public struct CropRegion: Sendable, Equatable {
  public var x, y, width, height: Double

  public init(x: Double, y: Double, width: Double, height: Double) {
    self.x = x
    self.y = y
    self.width = width
    self.height = height
  }

  /// The pixels that the network saw of a picture of `width` x `height`: those with their centres in the region.
  public func seen(width: Int, height: Int) -> PixelArea {
    PixelArea(
      columns: pixels(of: width, from: x, extent: self.width), rows: pixels(of: height, from: y, extent: self.height))
  }

  /// The pixels of the network's input that show a picture of `width` x `height` and not bars around it.
  public func shown(crop: PixelSize, width: Int, height: Int) -> PixelArea {
    let (across, down) = (Double(crop.width) / self.width, Double(crop.height) / self.height)
    return PixelArea(
      columns: pixels(of: crop.width, from: -x * across, extent: Double(width) * across),
      rows: pixels(of: crop.height, from: -y * down, extent: Double(height) * down))
  }

  /// The share of a picture of `width` x `height` that lies outside, 0...1.
  public func hiddenShare(width: Int, height: Int) -> Double {
    func visible(_ start: Double, _ extent: Double, of length: Int) -> Double {
      max(min(start + extent, Double(length)) - max(start, 0), 0) / Double(length)
    }
    return 1 - visible(x, self.width, of: width) * visible(y, self.height, of: height)
  }
}
