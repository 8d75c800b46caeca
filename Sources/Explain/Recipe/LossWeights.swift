/// Weights of the loss's terms; the defaults are the paper's.
public struct LossWeights: Sendable, Equatable, Codable {
  public var crossEntropy = 1.5
  public var area = 2.0
  public var variation = 0.01

  public init() {}
}
