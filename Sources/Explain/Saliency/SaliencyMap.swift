/// How much each pixel of a picture speaks for a class, 0...1, `[height, width]`, row-major.
public struct SaliencyMap: Sendable, Equatable {
  public let width, height: Int
  public let values: [Float]
  /// True when the class map was constant or not finite; all values are zero then.
  public let isFlat: Bool

  /// - Precondition: `values` holds `width * height` elements, at least one.
  public init(width: Int, height: Int, values: [Float], isFlat: Bool = false) {
    precondition(width > 0 && height > 0 && values.count == width * height)
    self.width = width
    self.height = height
    self.values = values
    self.isFlat = isFlat
  }

  /// Enlarges a map to the network's input, `crop` x `crop` pixels.
  public init(_ map: NormalizedMap, crop: Int) {
    self.init(
      width: crop, height: crop,
      values: bilinear(
        map.values, width: map.width, columns: BilinearAxis(source: map.width, target: crop),
        rows: BilinearAxis(source: map.height, target: crop), targetWidth: crop, targetHeight: crop),
      isFlat: map.isFlat)
  }

  /// Lays a map over the picture that the network's input was cut from; there is no heat outside the crop.
  ///
  /// The map is first enlarged to `crop` x `crop` pixels, which defines the saliency, and then stretched with the picture.
  ///
  /// - Parameters:
  ///   - region: the part of the picture that the crop shows, in pixels of the picture.
  ///   - width: the width of the picture in pixels.
  ///   - height: the height of the picture in pixels.
  public init(_ map: NormalizedMap, crop: Int, region: CropRegion, width: Int, height: Int) {
    let columns = BilinearAxis(source: crop, target: width, start: region.x, extent: region.width)
    let rows = BilinearAxis(source: crop, target: height, start: region.y, extent: region.height)
    self.init(
      width: width, height: height,
      values: bilinear(
        SaliencyMap(map, crop: crop).values, width: crop, columns: columns, rows: rows, targetWidth: width,
        targetHeight: height),
      isFlat: map.isFlat)
  }
}

extension SaliencyMap {
  /// The share of the picture whose saliency is 0.5 or more.
  public var area: Double {
    let hot = values.reduce(into: 0) { count, value in count += value >= 0.5 ? 1 : 0 }
    return Double(hot) / Double(values.count)
  }

  /// The first pixel, in reading order, with the highest saliency.
  public var peak: (x: Int, y: Int) {
    var best = 0
    values.withUnsafeBufferPointer { values in
      for i in values.indices where values[i] > values[best] { best = i }
    }
    return (best % width, best / width)
  }

  /// The saliency in steps of 1/255, rounded to nearest.
  public var levels: [UInt8] {
    values.map { UInt8($0 * 255 + 0.5) }
  }
}
