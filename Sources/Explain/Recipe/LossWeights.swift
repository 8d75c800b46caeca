/// Weights of the loss's terms; the defaults are the paper's.
public struct LossWeights: Sendable, Equatable, Codable {
  public var crossEntropy = 1.5
  public var area = 2.0
  public var variation = 0.01
  /// Of images that keep or lose their salient part; nil where masks are not of the form `order`, as in files of the time when there
  /// was no such form.
  private var otherKeeping, otherRemoval, otherBrightness: Double?

  private enum CodingKeys: String, CodingKey {
    case crossEntropy, area, variation
    case otherKeeping = "keeping"
    case otherRemoval = "removal"
    case otherBrightness = "brightness"
  }

  public var keeping: Double {
    get { otherKeeping ?? 0 }
    set { otherKeeping = newValue }
  }

  public var removal: Double {
    get { otherRemoval ?? 0 }
    set { otherRemoval = newValue }
  }

  /// Of the mean of a map between its minimum and its maximum, with masks of the form `order`, which leave it free.
  public var brightness: Double {
    get { otherBrightness ?? 0 }
    set { otherBrightness = newValue == 0 ? nil : newValue }
  }

  public init() {}

  /// Of masks of the form `order`, which have an area of their own.
  public static var order: LossWeights {
    var weights = LossWeights()
    (weights.crossEntropy, weights.area, weights.variation) = (0, 0, 0)
    (weights.keeping, weights.removal) = (1, 1)
    return weights
  }
}

extension MaskForm {
  /// The weights that images masked so are trained with.
  public var weights: LossWeights { self == .order ? .order : LossWeights() }
}
