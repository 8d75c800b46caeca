/// How often the right class is the most probable one, or among the five most probable.
public struct Accuracy: Sendable, Equatable {
  /// Images counted.
  public private(set) var images = 0
  private var firstHits = 0
  private var fifthHits = 0

  public init() {}

  /// Counts one image.
  public mutating func add(logits: [Float], class label: Int) {
    let best = largest(5, of: logits)
    images += 1
    firstHits += best.first == label ? 1 : 0
    fifthHits += best.contains(label) ? 1 : 0
  }

  /// The share of images whose most probable class is right, 0...1; nil without images.
  public var top1: Double? { images == 0 ? nil : Double(firstHits) / Double(images) }

  /// The share of images with the right class among the five most probable, 0...1; nil without images.
  public var top5: Double? { images == 0 ? nil : Double(fifthHits) / Double(images) }
}
