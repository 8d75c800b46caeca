/// The loss of a batch, its terms unweighted.
public struct LossTerms: Sendable, Equatable, Codable {
  /// Mean cross-entropy of the masked images with the labels of the unmasked ones.
  public var crossEntropy: Double
  /// Mean of `(a + 0.0005)^0.3` over the maps of all images for all labels.
  public var area: Double
  /// Sum of squared differences between neighbours, and 0.3 of the squared border, of all maps; divided by twice the batch.
  public var variation: Double
  public var total: Double

  public init(crossEntropy: Double, area: Double, variation: Double, weights: LossWeights) {
    (self.crossEntropy, self.area, self.variation) = (crossEntropy, area, variation)
    total = weights.crossEntropy * crossEntropy + weights.area * area + weights.variation * variation
  }

  public var isFinite: Bool { total.isFinite && crossEntropy.isFinite && area.isFinite && variation.isFinite }
}
