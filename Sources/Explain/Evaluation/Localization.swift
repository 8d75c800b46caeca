/// Whether a map lies where the object is.
///
/// The pointing game is J. Zhang et al., "Top-Down Neural Attention by Excitation Backprop", ECCV 2016, with their margin around
/// the box and without; its form with energies H. Wang et al., "Score-CAM", CVPR Workshops 2020.
public struct Localization: Sendable, Equatable {
  /// How far from the box the hottest pixel may be with the margin: less than this, in pixels of the network's input.
  public static let margin = 15

  /// Whether the first of the hottest pixels lies in the box. A flat map points nowhere.
  public let hits: Bool
  /// Whether it lies in the box or less than `margin` pixels from one of the box's.
  public let hitsWithMargin: Bool
  /// The share of the saliency's sum that lies in the box, 0...1; 0 for a flat map.
  public let energy: Double
  /// The same of the map's ranks, so that no curve can move it.
  public let rankEnergy: Double
  /// Intersection over union of the box and as many of the hottest pixels as it has, 0...1; 0 for a flat map. Of pixels that
  /// tie for the last places, each is lit in part.
  public let overlap: Double

  /// Nil where the crop shows none of the box; bars around a picture show nothing.
  ///
  /// - Parameters:
  ///   - saliency: of the crop's size.
  ///   - ranked: `saliency.ranked`.
  ///   - region: the part of the picture that the crop shows.
  public init?(_ saliency: SaliencyMap, ranked: SaliencyMap, box: PixelBox, region: CropRegion) {
    guard let pixels = box.pixels(in: region, crop: PixelSize(width: saliency.width, height: saliency.height)) else {
      return nil
    }
    let area = PixelArea(
      columns: pixels.columns.clamped(to: saliency.seen.columns), rows: pixels.rows.clamped(to: saliency.seen.rows))
    guard area.count > 0 else { return nil }
    let peak = saliency.peak
    hits = !saliency.isFlat && area.columns.contains(peak.x) && area.rows.contains(peak.y)
    let (dx, dy) = (area.columns.distance(to: peak.x), area.rows.distance(to: peak.y))
    hitsWithMargin = !saliency.isFlat && dx * dx + dy * dy < Self.margin * Self.margin
    energy = saliency.energy(in: area)
    rankEnergy = ranked.energy(in: area)
    overlap = saliency.isFlat ? 0 : saliency.overlap(area)
  }
}

extension SaliencyMap {
  /// The values of some pixels, in reading order.
  private func values(in area: PixelArea) -> [Float] {
    area.rows.flatMap { row in values[row * width + area.columns.lowerBound..<row * width + area.columns.upperBound] }
  }

  /// The share of the sum that lies in an area, 0...1; 0 where the sum is.
  fileprivate func energy(in area: PixelArea) -> Double {
    let inside = values(in: area).reduce(0.0) { $0 + Double($1) }
    let total = values.reduce(0.0) { $0 + Double($1) }
    return total > 0 ? inside / total : 0
  }

  /// Intersection over union of an area and as many of the hottest pixels.
  fileprivate func overlap(_ area: PixelArea) -> Double {
    let sorted = seenValues.sorted()
    let threshold = sorted[sorted.count - area.count]
    func counts(_ values: [Float]) -> (hotter: Double, tied: Double) {
      (Double(values.count { $0 > threshold }), Double(values.count { $0 == threshold }))
    }
    let (all, inside, size) = (counts(sorted), counts(values(in: area)), Double(area.count))
    let shared = inside.hotter + inside.tied * (size - all.hotter) / all.tied
    return shared / (2 * size - shared)
  }
}

extension Range<Int> {
  /// Steps from the nearest of its elements to a number; 0 for an element.
  fileprivate func distance(to value: Int) -> Int { Swift.max(lowerBound - value, value - (upperBound - 1), 0) }
}
