/// Average drop and increase in confidence: what is left of the classifier's confidence when it sees an image through the map
/// that explains it.
///
/// A. Chattopadhay et al., "Grad-CAM++: Generalized Gradient-Based Visual Explanations for Deep Convolutional Networks", WACV
/// 2018; at several shares of kept pixels as in T-TAME.
public struct Faithfulness: Sendable {
  public private(set) var images = 0
  private var drops: [KeptShare: Double] = [:]
  private var increases: [KeptShare: Int] = [:]

  public init() {}

  /// Counts one image.
  ///
  /// - Parameters:
  ///   - probability: of the predicted class, for the whole image.
  ///   - masked: of the same class, for the masked images.
  public mutating func add(probability: Float, masked: [KeptShare: Float]) {
    images += 1
    for share in KeptShare.allCases {
      let value = masked[share] ?? 0
      drops[share, default: 0] += max(0, Double(probability) - Double(value)) / Double(probability)
      increases[share, default: 0] += value > probability ? 1 : 0
    }
  }

  /// Mean relative loss of confidence in percent; lower is better. Nil without images.
  public func averageDrop(_ share: KeptShare) -> Double? {
    images == 0 ? nil : 100 * (drops[share] ?? 0) / Double(images)
  }

  /// Share of images whose confidence grows, in percent; higher is better. Nil without images.
  public func increase(_ share: KeptShare) -> Double? {
    images == 0 ? nil : 100 * Double(increases[share] ?? 0) / Double(images)
  }
}
