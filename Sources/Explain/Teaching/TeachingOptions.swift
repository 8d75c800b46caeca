/// How a classifier is taught.
public struct TeachingOptions: Sendable, Equatable {
  /// What evens out classes with unequal numbers of photographs.
  public enum ClassWeights: String, Sendable, CaseIterable {
    /// Every class counts as much as any other.
    case balanced
    /// Every photograph does.
    case none
  }

  /// Where classes exclude each other; independent ones have no weights.
  public var classWeights = ClassWeights.balanced
  /// Of the regression; nil tries `decays`.
  public var decay: Double?
  /// The share of known photographs that may be refused.
  public var falseRejects = 0.05
  public var seed = 1

  /// What is tried, the strongest first. Weaker ones were not more accurate, and told strangers less well.
  public static let decays: [Double] = [1e-1, 1e-2, 1e-3, 3e-4, 1e-4, 3e-5, 1e-5]
  /// Parts that are held out in turn where no photographs are given for validation.
  static let parts = 5
  /// Photographs from which on one part alone is held out: a fifth of so many is enough to measure with.
  static let manyPhotographs = 5000

  public init() {}
}
