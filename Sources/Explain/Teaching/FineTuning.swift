import Kernels

/// How a network's last stage is trained.
public struct FineTuningOptions: Sendable, Equatable {
  public var epochs = 6
  /// Photographs of one step.
  public var batch = 16
  /// The highest learning rate.
  public var rate = 4e-5
  /// What a label lacks to 1, which all classes share: C. Szegedy et al., "Rethinking the Inception Architecture", CVPR 2016.
  public var smoothing = 0.1
  public var precision = OperandPrecision.float32
  public var seed = 1

  public init() {}
}

/// What training a network's last stage has led to.
public struct FineTuning: Sendable {
  /// What held-out photographs say about a classifier.
  public struct Answers: Sendable, Equatable {
    /// Mean cross-entropy of calibrated logits; nil where that is no number.
    public var loss: Double?
    public var right: Int
  }

  /// Photographs that were held out, the same for both.
  public var images: Int
  /// Of the classifier on the frozen network, and of the network that was trained.
  public var frozen, tuned: Answers
  /// The better of both.
  public var taught: TaughtClassifier
  /// Whether that is the one that was trained.
  public var isKept: Bool
}
