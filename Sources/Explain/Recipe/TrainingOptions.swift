import Kernels

/// Where training starts from.
public enum HeadStart: String, Sendable, CaseIterable, Codable {
  /// As the paper starts: PyTorch's random initialisation.
  case random
  /// Class Activation Mapping: the branches pass the features through, as the scale of their BatchNorm is zero, and the fuse
  /// rows are the classifier's own, scaled so that the sigmoid is not saturated.
  case cam
}

/// How a step moves the head.
public enum Optimizer: String, Sendable, CaseIterable, Codable {
  /// Gradient descent with Nesterov momentum and weight decay, as in the paper.
  case sgd
  /// Adam with a row that all classes share; no weight decay.
  case adam
}

/// What decides how a head is trained, and so what a checkpoint can be resumed with.
public struct TrainingOptions: Sendable, Equatable, Codable {
  /// What is trained.
  public var head: HeadForm {
    get { otherForm ?? .ttame }
    set { otherForm = newValue == .ttame ? nil : newValue }
  }
  public var epochs = 8
  /// Images of one step.
  public var batch = 32
  /// The highest learning rate.
  public var rate = 5e-4
  public var precision = OperandPrecision.float32
  public var start = HeadStart.cam
  public var optimizer = Optimizer.adam
  public var masks = MaskForm.order
  public var seed = 1
  /// Of `sgd`.
  public var weightDecay = 5e-4
  public var loss = LossWeights.order
  /// How much of the head that is written is trained; the rest is as training began.
  ///
  /// The mean of both explains better than either where training began with something good: M. Wortsman et al., "Robust Fine-tuning of
  /// Zero-shot Models", CVPR 2022.
  public var trainedShare: Double {
    get { otherShare ?? 1 }
    set { otherShare = newValue == 1 ? nil : newValue }
  }
  /// Channels above which a branch is written without its convolution: the features go to the fuse layer as they are. Nil for
  /// convolutions in all branches.
  public var branchLimit: Int?
  /// Nil for T-TAME, as in files of the time when there was no other form.
  private var otherForm: HeadForm?
  /// Nil for all of it, as in files of the time when there was no other share.
  private var otherShare: Double?

  /// Our own recipe.
  public init() { trainedShare = Self.usualShare(masks, start) }

  /// The share that was found good.
  public static func usualShare(_ masks: MaskForm, _ start: HeadStart) -> Double {
    masks == .order && start == .cam ? 0.5 : 1
  }

  /// The recipe of the paper.
  public static var paper: TrainingOptions {
    var options = TrainingOptions()
    options.start = .random
    options.optimizer = .sgd
    options.masks = .attention
    options.trainedShare = 1
    options.loss = options.masks.weights
    options.rate = 1e-3
    return options
  }
}

extension OperandPrecision: Codable {}
