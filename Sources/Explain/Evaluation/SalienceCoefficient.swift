/// Whether pixels that a map calls more salient matter more to the class, by how much more salient they are: SaCo.
///
/// J. Wu et al., "On the Faithfulness of Vision Transformer Explanations", CVPR 2024. The pixels are ordered by the map and cut
/// into ten groups of one size; each group in turn is replaced by the image's mean colour. Every pair of groups counts by the
/// difference of their saliency, for the map if the more salient group costs at least as much of the probability.
public struct SalienceCoefficient: Sendable, Equatable {
  public static let groups = 10

  /// -1...1; higher is better, 0 for a flat map.
  public let score: Double
  /// The same with the map's ranks for its values, so that no curve can move it.
  public let rankScore: Double

  /// - Parameters:
  ///   - ranked: `saliency.ranked`.
  ///   - image: the normalised image, `[height, width, channels]`.
  ///   - probability: of the class, for an image of that shape.
  /// - Throws: what `probability` throws.
  package init(
    _ saliency: SaliencyMap, ranked: SaliencyMap, image: [Float], channels: Int,
    probability: ([Float]) throws(EngineError) -> Double
  ) throws(EngineError) {
    // Of equal pixels the first in reading order counts as the more salient, as in the other metrics.
    let order = saliency.seenIndices.sorted { (-saliency.values[$0], $0) < (-saliency.values[$1], $1) }
    let mean = (0..<channels).map { channel in
      Float(order.reduce(0.0) { $0 + Double(image[channels * $1 + channel]) } / Double(order.count))
    }
    let members = (0..<Self.groups).map { group in
      order[group * order.count / Self.groups..<(group + 1) * order.count / Self.groups]
    }
    var left: [Double] = []
    for group in members {
      var changed = image
      for pixel in group { for channel in 0..<channels { changed[channels * pixel + channel] = mean[channel] } }
      left.append(try probability(changed))
    }
    func coefficient(_ map: SaliencyMap) -> Double {
      let sums = members.map { group in group.reduce(0.0) { $0 + Double(map.values[$1]) } }
      var (agreeing, total) = (0.0, 0.0)
      for i in sums.indices {
        for j in sums.indices.dropFirst(i + 1) {
          let weight = sums[i] - sums[j]
          agreeing += left[i] <= left[j] ? weight : -weight
          total += abs(weight)
        }
      }
      return total > 0 ? agreeing / total : 0
    }
    (score, rankScore) = (coefficient(saliency), coefficient(ranked))
  }
}
