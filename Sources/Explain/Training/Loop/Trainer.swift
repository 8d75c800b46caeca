import Kernels

/// Trains a model's attention head on photographs.
///
/// Everything that a step does is decided by the options, the list and the step's number, so that a run that was interrupted
/// goes on from its checkpoint to the very same head.
public final class Trainer {
  /// What happened in a step.
  public struct StepReport: Sendable {
    public var step: TrainingHistory.Step
    /// Images that could not be read, with the reason.
    public var skipped: [(path: String, reason: String)]
    /// Images that are nearly black because their samples end far below the maximum, by their paths.
    public var faint: [(path: String, depth: SampleDepth)]
  }

  public let options: TrainingOptions
  public let model: Model
  /// Steps in all, and those done.
  public let steps: Int
  public private(set) var done = 0
  public private(set) var history = TrainingHistory()
  private let paths: [String]
  private let context: ExecutionContext
  private let loader: BatchLoader
  private let arithmetic: TrainingStep
  private var labels: [Int: Int] = [:]
  private var featureMeans: [[Float]]
  /// Nil if the optimiser is another one.
  private let moments: AdamMoments?

  /// Mean and deviation of the maps, before the sigmoid, that the warm start begins with.
  private static let startMean: Float = 0
  private static let startDeviation: Float = 2
  private static let meanMomentum: Float = 0.1

  /// - Parameters:
  ///   - paths: the photographs.
  ///   - decoding: how they are decoded.
  ///   - checkpoint: where to go on from; nil starts anew.
  public init(
    model: Model, paths: [String], options: TrainingOptions, decoding: DecodingOptions = DecodingOptions(),
    resuming checkpoint: String? = nil, tier: CPUTier? = nil, threads: Int? = nil
  ) throws(TrainingError) {
    (self.model, self.paths, self.options) = (model, paths, options)
    let channels = options.head.channels(of: model)
    let classes = model.description.classes
    guard !channels.isEmpty else { throw .noFeatureLayers }
    loader = BatchLoader(
      paths: paths, batch: options.batch, seed: options.seed, preprocessing: model.description.preprocessing,
      decoding: decoding)
    guard loader.batchesPerEpoch > 0 else { throw .tooFewImages(found: paths.count, batch: options.batch) }
    steps = options.epochs * loader.batchesPerEpoch
    context = ExecutionContext(tier: tier, threads: threads)
    featureMeans = channels.map { [Float](repeating: 0, count: $0) }
    let parameters: HeadParameters
    var resumed: Checkpoint?
    if let checkpoint {
      let loaded = try Checkpoint(path: checkpoint, model)
      parameters = loaded.parameters
      resumed = loaded
    } else {
      switch options.start {
      case .random:
        parameters = try .random(options.head, channels: channels, classes: classes, seed: options.seed)
      case .cam: parameters = try .classActivation(options.head, model, seed: options.seed)
      }
    }
    moments = options.optimizer == .adam ? resumed?.moments ?? AdamMoments(parameters) : nil
    arithmetic = try TrainingStep(
      model, parameters, images: options.batch, precision: options.precision, weights: options.loss,
      masks: options.masks, seed: options.seed, context: context)
    if let resumed {
      try check(resumed.facts)
      (done, history, labels) = (resumed.facts.step, resumed.facts.history, resumed.facts.labels)
      featureMeans = resumed.featureMeans
    } else {
      if options.start == .cam { try calibrate() }
      if options.trainedShare < 1 { for parameter in parameters.trainable { parameter.start = parameter.values } }
    }
  }

  public var stepsPerEpoch: Int { loader.batchesPerEpoch }

  /// One step.
  ///
  /// - Throws: `notFinite` if the loss is no number any more; the head is then as it was before the step.
  /// - Precondition: `done < steps`.
  public func step() throws(TrainingError) -> StepReport {
    precondition(done < steps)
    guard let batch = loader.load(step: done, next: done + 1 < steps ? done + 1 : nil) else {
      throw .tooFewImages(found: 0, batch: options.batch)
    }
    let result = arithmetic.run(batch.crops, turn: done)
    guard result.loss.isFinite else { throw .notFinite(step: done, loss: result.loss, images: batch.paths) }
    let (rate, momentum) = OneCycle(steps: steps, highestRate: options.rate).values(at: done)
    context.withFlushedDenormals { descend(result.gradients, rate: rate, momentum: momentum) }
    for label in result.labels { labels[label, default: 0] += 1 }
    updateFeatureMeans()
    let report = TrainingHistory.Step(step: done, loss: result.loss, rate: rate, momentum: momentum)
    history.steps.append(report)
    done += 1
    return StepReport(step: report, skipped: batch.skipped, faint: batch.faint)
  }

  private func descend(_ gradients: HeadGradients, rate: Double, momentum: Double) {
    let parameters = arithmetic.head.parameters
    if let moments {
      Adam().step(parameters, gradients, moments, rate: rate, context)
    } else {
      var descent = Descent()
      descent.decay = Float(options.weightDecay)
      descent.step(parameters, gradients, rate: rate, momentum: momentum, context)
    }
  }

  /// Adds a measurement to the history.
  public func record(_ faithfulness: Faithfulness) -> TrainingHistory.Validation {
    let validation = TrainingHistory.Validation(step: done, faithfulness)
    history.validations.append(validation)
    return validation
  }

  /// Writes a checkpoint: complete and durable, or not at all.
  public func save(to path: String) throws(TrainingError) {
    do throws(FileError) { try checkpoint.write(to: path) } catch { throw .output(path: path, error) }
  }

  /// Writes the model with the head as it is now, quantized as the model is.
  ///
  /// - Parameter checkpoint: a checkpoint of this moment.
  public func writeModel(to path: String, checkpoint: String) throws(TrainingError) {
    let record = TrainingRecord(options: options, images: paths.count, steps: done, labels: labels)
    do throws(ImportError) {
      try replaceHead(
        of: model, with: checkpoint, branchLimit: options.branchLimit, featureMeans: featureMeans, record: record,
        output: path)
    } catch { throw .model(error) }
  }

  private var checkpoint: Checkpoint {
    Checkpoint(
      facts: Checkpoint.Facts(
        options: options, model: model.description.name, modelChecksum: model.checksum, imagesDigest: digest,
        images: paths.count, step: done, steps: steps, labels: labels, history: history),
      parameters: arithmetic.head.parameters, moments: moments, featureMeans: featureMeans)
  }

  /// Of the photographs' names, so that a list may move with its folder.
  private var digest: UInt64 {
    var hash = FNV1a()
    for path in paths { hash.add(fileName(path).pathBytes) }
    return hash.value
  }

  private func check(_ facts: Checkpoint.Facts) throws(TrainingError) {
    func same(_ what: String, _ old: String, _ new: String) throws(TrainingError) {
      if old != new { throw .otherRun(what: what, checkpoint: old, now: new) }
    }
    try same("the model", facts.model, model.description.name)
    if let old = facts.modelChecksum, let new = model.checksum { try same("a model of the checksum", old, new) }
    try same("a number of images of", "\(facts.images)", "\(paths.count)")
    try same("images of the digest", "\(facts.imagesDigest)", "\(digest)")
    let (old, new) = (facts.options, options)
    try same("--head", old.head.rawValue, new.head.rawValue)
    try same("--epochs", "\(old.epochs)", "\(new.epochs)")
    try same("--batch", "\(old.batch)", "\(new.batch)")
    try same("--lr", "\(old.rate)", "\(new.rate)")
    try same("--precision", old.precision.rawValue, new.precision.rawValue)
    try same("--init", old.start.rawValue, new.start.rawValue)
    try same("--optimizer", old.optimizer.rawValue, new.optimizer.rawValue)
    try same("--masks", old.masks.rawValue, new.masks.rawValue)
    try same("--trained-share", "\(old.trainedShare)", "\(new.trainedShare)")
    try same("--branch-limit", old.branchLimit.map(String.init) ?? "none", new.branchLimit.map(String.init) ?? "none")
    try same("--seed", "\(old.seed)", "\(new.seed)")
    if old != new { throw .otherRun(what: "another loss or decay", checkpoint: "\(old.loss)", now: "\(new.loss)") }
  }

  /// Brings the warm start's maps to where a sigmoid learns, measured on the first batch.
  private func calibrate() throws(TrainingError) {
    guard let batch = loader.load(step: 0, next: 0) else { throw .tooFewImages(found: 0, batch: options.batch) }
    if ClassifierRows(model)?.needsNegatives == true {
      arithmetic.head.parameters.passNegatives(above: arithmetic.lastFeatureMinima(batch.crops))
    }
    let (mean, deviation) = arithmetic.ownMapStatistics(batch.crops)
    arithmetic.head.parameters.calibrate(
      mean: Self.startMean, deviation: Self.startDeviation, found: (mean, deviation))
  }

  private func updateFeatureMeans() {
    for index in featureMeans.indices {
      let means = arithmetic.head.featureMeans(index)
      for c in means.indices {
        let old = featureMeans[index][c]
        featureMeans[index][c] = done == 0 ? means[c] : old + Self.meanMomentum * (means[c] - old)
      }
    }
  }
}
