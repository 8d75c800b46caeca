/// Where the boxes of a list lie: a box that the network does not see measures nothing.
public struct BoxPlaces: Sendable, Equatable, Encodable {
  public private(set) var listed = 0
  /// Boxes without a part in their picture.
  public private(set) var outsidePicture = 0
  /// Boxes in the picture, but not in what the network sees of it.
  public private(set) var outsideCrop = 0
  /// Boxes that go beyond the edge of the picture, or of what the network sees, and are measured by the rest.
  public private(set) var cut = 0

  public init() {}

  /// Counts a box.
  ///
  /// - Parameters:
  ///   - region: the part of the picture that the network sees.
  ///   - crop: the size of the network's input.
  public mutating func add(_ box: PixelBox, width: Int, height: Int, region: CropRegion, crop: PixelSize) {
    listed += 1
    let (width, height) = (Double(width), Double(height))
    if box.x1 <= 0 || box.y1 <= 0 || box.x0 >= width || box.y0 >= height {
      outsidePicture += 1
    } else if box.pixels(in: region, crop: crop) == nil {
      outsideCrop += 1
    } else if box.x0 < max(region.x, 0) || box.y0 < max(region.y, 0) || box.x1 > min(region.x + region.width, width)
      || box.y1 > min(region.y + region.height, height)
    {
      cut += 1
    }
  }

  /// In words; nil where all boxes are seen whole.
  public var remark: String? {
    let parts = [
      (outsidePicture, "outside the image, not measured"), (outsideCrop, "outside the crop, not measured"),
      (cut, "cut by an edge"),
    ]
    let named = parts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
    return named.isEmpty ? nil : "of \(counted(listed, "box", plural: "boxes")): " + named.joined(separator: "; ")
  }
}
