/// A map laid over the picture that the network's input was made of, computed row by row, so that a large picture takes no
/// memory for it.
///
/// The map is first enlarged to the network's input, which defines the saliency, and then stretched with the picture.
public struct SaliencyLayer: SaliencyRows, Sendable {
  public let width, height: Int
  public let seen: PixelArea
  /// True when the class map was constant or not finite; there is no heat then.
  public let isFlat: Bool
  /// The map in the network's input, `[height, width]`.
  private let source: [Float]
  private let sourceWidth: Int
  private let columns, rows: BilinearAxis

  /// Lays a map over a picture.
  ///
  /// - Parameters:
  ///   - crop: the size of the network's input.
  ///   - region: where that lies in the picture.
  ///   - width: the width of the picture in pixels.
  ///   - height: the height of the picture in pixels.
  public init(_ map: NormalizedMap, crop: PixelSize, region: CropRegion, width: Int, height: Int) {
    self.init(
      map, crop: crop, region: region, width: width, height: height, seen: region.seen(width: width, height: height))
  }

  /// Lays a map over the network's input itself.
  ///
  /// - Parameter shown: the pixels of the input that show the picture.
  public init(_ map: NormalizedMap, crop: PixelSize, shown: PixelArea) {
    let region = CropRegion(x: 0, y: 0, width: Double(crop.width), height: Double(crop.height))
    self.init(map, crop: crop, region: region, width: crop.width, height: crop.height, seen: shown)
  }

  private init(
    _ map: NormalizedMap, crop: PixelSize, region: CropRegion, width: Int, height: Int, seen: PixelArea
  ) {
    (self.width, self.height, self.seen, isFlat, sourceWidth) = (width, height, seen, map.isFlat, crop.width)
    source = SaliencyMap(map, crop: crop).values
    columns = BilinearAxis(source: crop.width, covered: seen.columns, start: region.x, extent: region.width)
    rows = BilinearAxis(source: crop.height, covered: seen.rows, start: region.y, extent: region.height)
  }

  public func forEachRow(_ body: (_ y: Int, _ row: UnsafeBufferPointer<Float>) -> Void) {
    let length = columns.covered.count
    // Two rows of the input, widened: row r in half r % 2. And the row between them that is asked for.
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 3 * length) { memory in
      guard let widened = memory.baseAddress else { return }
      memory.initialize(repeating: 0)
      let row = widened + 2 * length
      var held = [-1, -1]
      func widen(_ index: Int) -> UnsafeMutablePointer<Float> {
        let target = widened + index % 2 * length
        if held[index % 2] != index { columns.interpolate(source, row: index * sourceWidth, into: target) }
        held[index % 2] = index
        return target
      }
      for (i, y) in rows.covered.enumerated() {
        let (top, bottom, weight) = (widen(rows.lower[i]), widen(rows.upper[i]), rows.weight[i])
        for x in 0..<length { row[x] = top[x] + weight * (bottom[x] - top[x]) }
        body(y, UnsafeBufferPointer(start: row, count: length))
      }
    }
  }
}

extension BilinearAxis {
  /// Resamples the row of `source` that begins at `row`; `covered.count` values.
  fileprivate func interpolate(_ source: [Float], row: Int, into target: UnsafeMutablePointer<Float>) {
    source.withUnsafeBufferPointer { source in
      for i in lower.indices {
        let (left, right) = (source[row + lower[i]], source[row + upper[i]])
        target[i] = left + weight[i] * (right - left)
      }
    }
  }
}
