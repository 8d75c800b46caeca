/// What a training has reported so far.
public struct TrainingHistory: Codable, Sendable, Equatable {
  /// One step.
  public struct Step: Codable, Sendable, Equatable {
    public var step: Int
    public var loss: LossTerms
    public var rate, momentum: Double
  }

  /// A measurement on images that are not trained on.
  public struct Validation: Codable, Sendable, Equatable {
    /// Steps done.
    public var step: Int
    public var images: Int
    /// In percent, at 100, 50 and 15 % of the pixels.
    public var averageDrop, increase: [Double]

    public init(step: Int, _ faithfulness: Faithfulness) {
      self.step = step
      images = faithfulness.images
      averageDrop = KeptShare.allCases.map { faithfulness.averageDrop($0) ?? 0 }
      increase = KeptShare.allCases.map { faithfulness.increase($0) ?? 0 }
    }
  }

  public var steps: [Step] = []
  public var validations: [Validation] = []

  public init() {}
}
