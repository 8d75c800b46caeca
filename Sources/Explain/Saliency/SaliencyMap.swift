/// How much each pixel of a picture speaks for a class, 0...1, `[height, width]`, row-major.
public struct SaliencyMap: Sendable, Equatable {
  public let width, height: Int
  public let values: [Float]
  /// True when the class map was constant or not finite; all values are zero then.
  public let isFlat: Bool
  /// The pixels that show what the network saw of the picture. The others are zero and count for nothing: bars around a
  /// picture in the network's input, the margins of a picture around a crop.
  public let seen: PixelArea

  /// - Precondition: `values` holds `width * height` elements, at least one, and `seen` lies within.
  public init(width: Int, height: Int, values: [Float], isFlat: Bool = false, seen: PixelArea? = nil) {
    precondition(width > 0 && height > 0 && values.count == width * height)
    self.width = width
    self.height = height
    self.values = values
    self.isFlat = isFlat
    self.seen = seen ?? PixelArea(width: width, height: height)
  }

  /// Enlarges a map to the network's input.
  ///
  /// - Parameter shown: the pixels of the input that show the picture; nil where all do.
  public init(_ map: NormalizedMap, crop: PixelSize, shown: PixelArea? = nil) {
    let shown = shown ?? PixelArea(width: crop.width, height: crop.height)
    func axis(_ source: Int, _ covered: Range<Int>, _ length: Int) -> BilinearAxis {
      BilinearAxis(source: source, covered: covered, start: 0, extent: Double(length))
    }
    self.init(
      width: crop.width, height: crop.height,
      values: bilinear(
        map.values, width: map.width, columns: axis(map.width, shown.columns, crop.width),
        rows: axis(map.height, shown.rows, crop.height), targetWidth: crop.width, targetHeight: crop.height),
      isFlat: map.isFlat, seen: shown)
  }

  /// All of a layer at once.
  public init(_ layer: SaliencyLayer) {
    let width = layer.width
    var values = [Float](repeating: 0, count: width * layer.height)
    layer.forEachRow { y, row in
      let first = y * width + layer.seen.columns.lowerBound
      values.replaceSubrange(first..<first + row.count, with: row)
    }
    self.init(width: width, height: layer.height, values: values, isFlat: layer.isFlat, seen: layer.seen)
  }

  /// The values of the pixels that count, in reading order.
  package var seenValues: [Float] {
    if seen.count == values.count { return values }
    var result: [Float] = []
    result.reserveCapacity(seen.count)
    forEachRow { result += $1 }
    return result
  }

  /// Where the pixels that count are in `values`, in reading order.
  var seenIndices: [Int] { seen.rows.flatMap { row in seen.columns.map { row * width + $0 } } }
}

extension SaliencyMap: SaliencyRows {
  public func forEachRow(_ body: (_ y: Int, _ row: UnsafeBufferPointer<Float>) -> Void) {
    values.withUnsafeBufferPointer { values in
      for y in seen.rows {
        let first = y * width
        body(
          y, UnsafeBufferPointer(rebasing: values[first + seen.columns.lowerBound..<first + seen.columns.upperBound]))
      }
    }
  }
}
