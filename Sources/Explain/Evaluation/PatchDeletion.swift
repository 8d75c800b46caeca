/// Whether the patches that a map calls salient are those whose removal costs the class most: the rank correlation between the
/// saliency of 4 x 4 patches and the logit that is lost without each.
///
/// R. Hesse et al., "Benchmarking the Attribution Quality of Vision Models" (IDSDS), NeurIPS Datasets and Benchmarks 2024, without
/// their fine-tuning: the network has never seen images with holes, so some of what it loses is due to the holes.
public struct PatchDeletion: Sendable, Equatable {
  /// Patches of a side.
  public static let side = 4

  /// Spearman's correlation, -1...1; higher is better, 0 where one of the two sides is constant.
  public let correlation: Double
  /// The same with the sums of the map's ranks, so that no curve can move it.
  public let rankCorrelation: Double

  /// - Parameters:
  ///   - ranked: `saliency.ranked`.
  ///   - image: the normalised image, `[height, width, channels]`; removed pixels are zero, the mean colour.
  ///   - logit: of the class, for an image of that shape.
  /// - Throws: what `logit` throws.
  package init(
    _ saliency: SaliencyMap, ranked: SaliencyMap, image: [Float], channels: Int,
    logit: ([Float]) throws(EngineError) -> Double
  ) throws(EngineError) {
    func part(_ range: Range<Int>, _ index: Int) -> Range<Int> {
      range.lowerBound + index * range.count / Self.side..<range.lowerBound + (index + 1) * range.count / Self.side
    }
    let patches = (0..<Self.side * Self.side).map { patch in
      let columns = part(saliency.seen.columns, patch % Self.side)
      return part(saliency.seen.rows, patch / Self.side).flatMap { row in columns.map { row * saliency.width + $0 } }
    }
    // What is lost is a constant less what is left, and ranks do not care for the constant.
    var lost: [Double] = []
    for patch in patches {
      var changed = image
      for pixel in patch { for channel in 0..<channels { changed[channels * pixel + channel] = 0 } }
      lost.append(-(try logit(changed)))
    }
    func spearman(_ value: (_ pixel: Int) -> Double) -> Double {
      let sums = patches.map { patch in patch.reduce(0.0) { $0 + value($1) } }
      return Similarity.correlation(averageRanks(sums), averageRanks(lost)) ?? 0
    }
    correlation = spearman { Double(saliency.values[$0]) }
    // Ranks are halves before they are scaled. Twice that, patches whose ranks have the same sum tie in spite of rounding.
    let halves = Double(2 * (saliency.seen.count - 1))
    rankCorrelation = spearman { (Double(ranked.values[$0]) * halves).rounded() }
  }
}
