/// How a head was trained; part of its model file.
public struct TrainingRecord: Codable, Sendable, Equatable {
  public var options: TrainingOptions
  /// Images in the list.
  public var images: Int
  public var steps: Int
  /// How many times each class was a label, for those that were.
  public var labels: [Int: Int]

  public init(options: TrainingOptions, images: Int, steps: Int, labels: [Int: Int]) {
    (self.options, self.images, self.steps, self.labels) = (options, images, steps, labels)
  }
}
