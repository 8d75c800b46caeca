/// The loss of a batch, its terms unweighted.
public struct LossTerms: Sendable, Equatable, Codable {
  /// Mean cross-entropy of the masked images with the labels of the unmasked ones; 0 where the masks are of the form `order`.
  public var crossEntropy: Double
  /// Mean of `(a + 0.0005)^0.3` over the maps of all images for all labels.
  public var area: Double
  /// Sum of squared differences between neighbours, and 0.3 of the squared border, of all maps; divided by twice the batch.
  public var variation: Double
  /// Masks of the form `order` alone: the sum of `1 - p` over the images that keep their salient part, and that of `p` over those that
  /// lose it, each divided by the batch; `p` is the probability of the label.
  private var otherKeeping, otherRemoval: Double?
  /// Masks of the form `order` alone: the mean of every image's map of its label, scaled by its own minimum and maximum; the mean
  /// over the images.
  private var otherBrightness: Double?
  public var total: Double

  private enum CodingKeys: String, CodingKey {
    case crossEntropy, area, variation, total
    case otherKeeping = "keeping"
    case otherRemoval = "removal"
    case otherBrightness = "brightness"
  }

  public var keeping: Double { otherKeeping ?? 0 }
  public var removal: Double { otherRemoval ?? 0 }
  public var brightness: Double { otherBrightness ?? 0 }

  public init(crossEntropy: Double, area: Double, variation: Double, weights: LossWeights) {
    (self.crossEntropy, self.area, self.variation) = (crossEntropy, area, variation)
    total = weights.crossEntropy * crossEntropy + weights.area * area + weights.variation * variation
  }

  public init(
    keeping: Double, removal: Double, brightness: Double, area: Double, variation: Double, weights: LossWeights
  ) {
    self.init(crossEntropy: 0, area: area, variation: variation, weights: weights)
    (otherKeeping, otherRemoval, otherBrightness) = (keeping, removal, brightness)
    total += weights.keeping * keeping + weights.removal * removal + weights.brightness * brightness
  }

  public var isFinite: Bool {
    [total, crossEntropy, area, variation, keeping, removal, brightness].allSatisfy(\.isFinite)
  }
}
