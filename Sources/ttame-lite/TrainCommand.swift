import ArgumentParser
import Explain
import Glibc
import Kernels

/// What is trained with where no option says otherwise.
private let usual = TrainingOptions()

struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train a model's attention head on photographs without labels.",
    discussion: """
      The classifier is frozen; its own predictions are the labels. A checkpoint, OUTPUT.checkpoint, is written every \
      --save-every steps and on interruption. --resume continues from it and yields the identical head.

      Examples:
        ttame-lite train --model r50.safetensors --data photos/ -o out.safetensors
        ttame-lite train --data train.tsv -o trained.safetensors --curves curves.png

      \(ExitStatus.help)
      """)

  /// Ready-made choices of options.
  enum Recipe: String, Choice {
    case paper
  }

  @Option(
    help: ArgumentHelp("Photographs: a folder, or a list with one path a line.", valueName: "DIR|LIST.tsv"),
    completion: .file())
  var data: String

  @Option(
    name: [.short, .long], help: ArgumentHelp("The model file to write.", valueName: "MODEL"), completion: .file())
  var output: String

  @Option(
    help:
      "Head to train: T-TAME's attention mechanism, or L-CAM, one convolution on the last feature layer (default: \(usual.head.rawValue))."
  )
  var head: HeadForm?

  @Option(help: "Passes over the photographs (default: \(usual.epochs)).")
  var epochs: Int?

  @Option(help: "Photographs per step (default: \(usual.batch)).")
  var batch: Int?

  @Option(help: "Peak learning rate (default: \(usual.rate)).")
  var lr: Double?

  @Option(help: "Precision of multiplication operands; sums are always float32 (default: \(usual.precision.rawValue)).")
  var precision: OperandPrecision?

  @Option(name: .customLong("init"), help: "Initialisation of the head (default: \(usual.start.rawValue)).")
  var start: HeadStart?

  @Option(
    help:
      "Optimizer: sgd as in the paper, or adam, which learns more from few photographs (default: \(usual.optimizer.rawValue))."
  )
  var optimizer: Optimizer?

  @Option(
    help: """
      Masks: the attention, as in the paper; for every second image, the map as shown (mixed), or alternately the map as \
      shown and its higher half (graded); or a soft threshold at a random quantile, which keeps or removes the salient part \
      (order). Default: \(usual.masks.rawValue).
      """)
  var masks: MaskForm?

  @Option(
    help: ArgumentHelp(
      """
      Weights of the loss's terms, as keeping=1,removal=2. With --masks order: \(LossTerm.names(.order)); \
      default 1, 1, 0, 0. Otherwise: \(LossTerm.names(.attention)); default 1.5, 2, 0.01.
      """, valueName: "TERM=N,..."))
  var lossWeights: LossWeightChanges?

  @Option(
    help: ArgumentHelp(
      """
      Share of the trained weights in the head that is written; the rest are those that training began with. Default: 0.5 with \
      --init cam and --masks order, otherwise 1.
      """, valueName: "0...1"))
  var trainedShare: Double?

  @Option(
    help: ArgumentHelp(
      """
      Write branches of more channels without their convolution, which takes most of the head's time: 1024 makes explaining with \
      the bundled model 12 % faster and changes no measured figure. Needs --init cam. Default: no limit.
      """, valueName: "CHANNELS"))
  var branchLimit: Int?

  @Option(
    help: """
      The paper's options: --init random --optimizer sgd --masks attention --lr 1e-3 --epochs 8 --batch 32. Explicit options \
      take precedence.
      """)
  var recipe: Recipe?

  @Option(
    help: "Seed of the order and crops of photographs and of random initialisation (default: \(usual.seed))."
  )
  var seed: Int?

  @Flag(help: "Continue from the checkpoint, if there is one.")
  var resume = false

  @Option(
    help: ArgumentHelp("Checkpoint file (default: OUTPUT.checkpoint).", valueName: "FILE"), completion: .file())
  var checkpoint: String?

  @Option(help: ArgumentHelp("Steps between checkpoints.", valueName: "STEPS"))
  var saveEvery = 50

  @Option(
    help: ArgumentHelp("Photographs for measuring AD and IC after every epoch.", valueName: "DIR|LIST.tsv"),
    completion: .file())
  var validation: String?

  @Option(help: ArgumentHelp("Maximum number of validation photographs.", valueName: "N"))
  var validationImages = 100

  @Option(
    help: ArgumentHelp("Write one line of JSON per step and measurement.", valueName: "FILE|-"), completion: .file())
  var log: String?

  @Option(help: ArgumentHelp("Plot loss, AD and IC.", valueName: "FILE.png|.jpg|.ppm"), completion: .file())
  var curves: String?

  @OptionGroup var reading: PictureOptions
  @OptionGroup var overwriting: OverwriteOptions
  @OptionGroup var model: ModelOptions

  func validate() throws {
    if let epochs, !(1...100_000).contains(epochs) { throw ValidationError("--epochs must be 1 to 100000.") }
    if let batch, !(1...1024).contains(batch) { throw ValidationError("--batch must be 1 to 1024.") }
    if let lr, !(lr > 0 && lr.isFinite) { throw ValidationError("--lr must be above 0.") }
    if checkpoint?.hasSuffix(".json") == true {
      throw ValidationError("--checkpoint: a name that ends in .json means an index of shards; choose another.")
    }
    if let term = lossWeights?.strangers(to: options.masks).first {
      throw ValidationError(
        "--loss-weights: \(term.rawValue) is no term of --masks \(options.masks.rawValue); its terms are \(LossTerm.names(options.masks))."
      )
    }
    if let trainedShare, !(trainedShare > 0 && trainedShare <= 1) {
      throw ValidationError("--trained-share must be above 0 and at most 1.")
    }
    if options.start == .random, options.trainedShare < 1 {
      throw ValidationError("--trained-share needs --init cam: the other weights would be random.")
    }
    if let branchLimit {
      guard branchLimit >= 0 else { throw ValidationError("--branch-limit must be at least 0.") }
      guard options.head == .ttame else {
        throw ValidationError("--branch-limit is for --head ttame: L-CAM has no branches.")
      }
      guard options.start == .cam else {
        throw ValidationError(
          "--branch-limit needs --init cam: from a random start, a branch means nothing without its convolution.")
      }
    }
    if saveEvery < 1 { throw ValidationError("--save-every must be at least 1.") }
    if validationImages < 1 { throw ValidationError("--validation-images must be at least 1.") }
  }

  private var options: TrainingOptions {
    var options = recipe == .paper ? TrainingOptions.paper : TrainingOptions()
    options.head = head ?? options.head
    options.epochs = epochs ?? options.epochs
    options.batch = batch ?? options.batch
    options.rate = lr ?? options.rate
    options.precision = precision ?? options.precision
    options.start = start ?? options.start
    options.optimizer = optimizer ?? options.optimizer
    options.masks = masks ?? options.masks
    options.loss = options.masks.weights
    options.trainedShare = trainedShare ?? TrainingOptions.usualShare(options.masks, options.start)
    options.branchLimit = branchLimit
    lossWeights?.apply(to: &options.loss)
    options.seed = seed ?? options.seed
    return options
  }

  func run() throws {
    let claims = overwriting.claims
    try claims.read([data, validation].compactMap(\.self))
    try claims.read([try ModelLocator.find(self.model.model)])
    let model = try self.model.load()
    let photographs = try PictureData(data, classes: nil)
    let heldOut = try validation.map { try PictureData($0, classes: nil) }
    let paths = photographs.list.items.map(\.path)
    let held = heldOut?.list.items.prefix(validationImages).map(\.path)
    try claims.read(paths + (heldOut?.list.items.map(\.path) ?? []))
    let failures = photographs.failures + (heldOut?.failures ?? [])
    failures.forEach { $0.report() }
    let checkpoint = checkpoint ?? output.extended(by: ".checkpoint")
    let curvesFormat = try curves.map { try PictureFormat(for: .file($0), wanted: nil, option: "--curves") } ?? .png
    try claimOutputs(claims, checkpoint)
    let resumes = resume && FileStatus(checkpoint) != nil
    let trainer: Trainer
    do throws(TrainingError) {
      trainer = try Trainer(
        model: model, paths: paths, options: options, decoding: reading.decoding,
        resuming: resumes ? checkpoint : nil,
        tier: self.model.compute.cpu, threads: self.model.compute.threads)
    } catch { throw Failure(error, data: data, checkpoint: checkpoint, output: output) }
    try Interruption.protecting {
      var run = TrainRun(
        trainer: trainer, decoding: reading.decoding, held: held ?? [], output: output, checkpoint: checkpoint,
        saveEvery: saveEvery,
        curves: curves, curvesFormat: curvesFormat, claims: claims,
        log: try log.map { try JSONLines(path: $0, continues: resumes && FileKind.json(.training).wrote($0)) },
        compute: self.model.compute)
      do throws(TrainingError) {
        if try run.run() { printError(run.summary) }
      } catch { throw Failure(error, data: data, checkpoint: checkpoint, output: output) }
    }
    photographs.reportRemarks()
    heldOut?.reportRemarks()
    try (failures.map(\.status).max() ?? .ok).end()
  }

  /// Finds out, before hours of work, whether the outputs can be written. The checkpoint is the one file that is read as well,
  /// with `--resume`.
  private func claimOutputs(_ claims: FileClaims, _ checkpoint: String) throws {
    try claims.write(output, as: .model, option: "-o")
    try claims.write(checkpoint, as: .checkpoint, option: self.checkpoint == nil ? "the checkpoint" : "--checkpoint")
    if let curves { try claims.write(curves, as: .picture, option: "--curves") }
    if log == "-" {
      try claims.writeStandardOutput()
    } else if let log {
      try claims.write(log, as: .json(.training), option: "--log")
    }
  }
}

extension Failure {
  /// What an error of a training means.
  init(_ error: TrainingError, data: String, checkpoint: String, output: String) {
    switch error {
    case .engine(let error): self.init(error, reading: data)
    case .checkpoint(let error): self.init(error, reading: checkpoint)
    case .wrongShape, .badCheckpoint: self.init(.badData, "\(error)", subject: checkpoint)
    case .otherRun: self.init(.usage, "\(error)", subject: checkpoint)
    case .noWarmStart: self.init(.usage, "\(error)")
    case .output(let path, let error): self.init(error, writing: path)
    case .tooFewImages, .notFinite: self.init(.badData, "\(error)", subject: data)
    case .noFeatureLayers: self.init(.badData, "\(error)")
    case .model(.output(let path, let error)): self.init(error, writing: path)
    case .model(.head(let path, .weights(let error))): self.init(error, reading: path)
    case .model(let error): self.init(.software, "\(error)", subject: output)
    }
  }
}
