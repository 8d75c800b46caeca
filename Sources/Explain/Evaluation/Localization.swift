/// Whether a map lies where the object is.
///
/// The pointing game is J. Zhang et al., "Top-Down Neural Attention by Excitation Backprop", ECCV 2016 (without their margin
/// around the box); its form with energies H. Wang et al., "Score-CAM", CVPR Workshops 2020.
public struct Localization: Sendable, Equatable {
  /// Whether the first of the hottest pixels lies in the box. A flat map points nowhere.
  public let hits: Bool
  /// The share of the saliency's sum that lies in the box, 0...1; 0 for a flat map.
  public let energy: Double

  /// Nil where the crop shows none of the box; bars around a picture show nothing.
  ///
  /// - Parameters:
  ///   - saliency: of the crop's size.
  ///   - region: the part of the picture that the crop shows.
  public init?(_ saliency: SaliencyMap, box: PixelBox, region: CropRegion) {
    guard let pixels = box.pixels(in: region, crop: PixelSize(width: saliency.width, height: saliency.height)) else {
      return nil
    }
    let columns = pixels.columns.clamped(to: saliency.seen.columns)
    let rows = pixels.rows.clamped(to: saliency.seen.rows)
    guard !columns.isEmpty, !rows.isEmpty else { return nil }
    var inside = 0.0
    for row in rows {
      for column in columns { inside += Double(saliency.values[row * saliency.width + column]) }
    }
    let total = saliency.values.reduce(0.0) { $0 + Double($1) }
    let peak = saliency.peak
    hits = !saliency.isFlat && columns.contains(peak.x) && rows.contains(peak.y)
    energy = total > 0 ? inside / total : 0
  }
}
