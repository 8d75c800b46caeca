import ArgumentParser
import Explain
import Glibc
import Kernels

/// How classifiers are taught where no option says otherwise.
private let usual = TeachingOptions()

struct TeachCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "teach",
    abstract: "Teach a model classes of your own from photographs, and its head to explain them.",
    usage: "ttame-lite teach <DIR|LIST.tsv> -o <MODEL> [<options>]",
    discussion: """
      DIR holds a folder of photographs for each class. The network stays as it is; a linear classifier is fitted to its \
      features and measured on photographs that are held out, then the attention head is trained. 5 photographs a class \
      work; 20 are better.

      Examples:
        ttame-lite teach photos/ -o gate.safetensors
        ttame-lite explain --model gate.safetensors frame.jpg
        ttame-lite teach photos/ -o gate.safetensors --report gate.html
        ttame-lite teach photos/ -o gate.safetensors --features gate.features
        ttame-lite teach more/ -o new.safetensors --from gate.safetensors --features gate.features

      \(ExitStatus.help)
      """)

  @Argument(
    help: ArgumentHelp(
      "Photographs: a folder with a folder for each class, or a list: PATH<TAB>LABEL, or several labels behind TABs.",
      valueName: "DIR|LIST.tsv"),
    completion: .file())
  var data: String

  @Option(
    name: [.short, .long], help: ArgumentHelp("The model file to write.", valueName: "MODEL"), completion: .file())
  var output: String

  @Option(
    help: ArgumentHelp(
      "Photographs to measure with, as DIR or LIST (default: a fifth of the photographs, five times in turn).",
      valueName: "DIR|LIST.tsv"),
    completion: .file())
  var validation: String?

  @Option(
    help: ArgumentHelp(
      """
      Add to what this model was taught: new photographs, or new classes. Needs --features, or photographs of all its \
      classes. Default: start anew.
      """, valueName: "MODEL"), completion: .file())
  var from: String?

  @Option(
    help: ArgumentHelp(
      """
      Keep the features of all photographs in this file, and read those that it holds instead of computing them (default: \
      none).
      """, valueName: "FILE"), completion: .file())
  var features: String?

  @Flag(name: .customLong("no-head"), help: "Do not train the attention head; maps are Class Activation Mapping.")
  var skipsHead = false

  @Option(
    help: ArgumentHelp(
      "Steps of the head's training (default: \(TeachRun.usualHeadSteps)).", valueName: "N"))
  var headSteps: Int?

  @Option(
    help: ArgumentHelp(
      """
      Train the network's last stage with the classifier, and keep that if it is better on held-out photographs (default: none).
      """))
  var unfreeze: Unfreezing?

  @Option(
    help: ArgumentHelp(
      "Views of each photograph: itself, and random crops and mirror images.", valueName: "N"))
  var views = 1

  @Flag(
    help: "Classes are independent: a photograph has any number of them. Implied by a list with several labels a line.")
  var multiLabel = false

  @Option(help: "Even out classes with unequal numbers of photographs (default: \(usual.classWeights.rawValue)).")
  var classWeights: TeachingOptions.ClassWeights?

  @Option(
    help: ArgumentHelp(
      "Weight decay of the classifier (default: the best of \(TeachingOptions.decays.count) on held-out photographs).",
      valueName: "N"))
  var weightDecay: Double?

  @Option(help: "Seed of the division, of views and of the head's training (default: \(usual.seed)).")
  var seed: Int?

  @Option(
    help: ArgumentHelp(
      "Write an HTML page: confusion matrix, and examples of each class with their maps (default: none).",
      valueName: "FILE.html"),
    completion: .file())
  var report: String?

  @Flag(help: "Continue a run that was stopped, if there is one; the result is the same file.")
  var resume = false

  @OptionGroup var fit: FitOptions
  @OptionGroup var reading: PictureOptions
  @OptionGroup var json: JSONOptions
  @OptionGroup var overwriting: OverwriteOptions
  @OptionGroup var model: ModelOptions

  func validate() throws {
    if let headSteps, !(1...1_000_000).contains(headSteps) {
      throw ValidationError("--head-steps must be 1 to 1000000.")
    }
    if report == "-" { throw ValidationError("--report needs a file; the results go to standard output.") }
    if skipsHead, headSteps != nil { throw ValidationError("--head-steps contradicts --no-head.") }
    if unfreeze == .last, features != nil {
      throw ValidationError("--features contradicts --unfreeze last: features of a network that changes are of no use.")
    }
    if !(1...64).contains(views) { throw ValidationError("--views must be 1 to 64.") }
    if let weightDecay, !(weightDecay > 0 && weightDecay.isFinite) {
      throw ValidationError("--weight-decay must be above 0.")
    }
    if from != nil, model.model != ModelLocator.defaultName {
      throw ValidationError("--from and --model: give one of them.")
    }
    if from != nil, fit.fit != nil { throw ValidationError("--fit contradicts --from, whose model has a fit.") }
  }

  private var options: TeachingOptions {
    var options = TeachingOptions()
    options.classWeights = classWeights ?? options.classWeights
    options.decay = weightDecay
    options.seed = seed ?? options.seed
    return options
  }

  func run() throws {
    let claims = overwriting.claims
    let modelPath = try ModelLocator.find(from ?? model.model)
    try claims.read([data, validation, modelPath].compactMap(\.self))
    var photographs = try LabelledPhotographs(data)
    var heldOut = try validation.map(LabelledPhotographs.init)
    let model: Model
    do { model = try Model(path: modelPath) } catch { throw Failure(error, reading: modelPath) }
    try claims.read((photographs.items + (heldOut?.items ?? [])).map(\.path))
    if let heldOut { photographs.remove(heldOut) }
    let files = TeachFiles(output: output, features: features)
    try claims.write(output, as: .model, option: "-o")
    try claims.write(files.features, as: .features, option: features == nil ? "the features" : "--features")
    if !skipsHead { try claims.write(files.checkpoint, as: .checkpoint, option: "the checkpoint") }
    if let report { try claims.write(report, as: .page, option: "--report") }
    try claims.write(json, as: .teaching)
    if !json.isPrinted { try claims.writeStandardOutput() }
    let failures = photographs.failures + (heldOut?.failures ?? [])
    failures.forEach { $0.report() }
    let isMultiLabel =
      multiLabel || photographs.hasSeveralLabels || from != nil && model.description.outputs == .sigmoid
    if !isMultiLabel {
      photographs.removeUnlabelled()
      heldOut?.removeUnlabelled()
    }
    let run = TeachRun(
      model: model, modelPath: modelPath, files: files, options: options, views: views, isMultiLabel: isMultiLabel,
      isAddition: from != nil, headSteps: skipsHead ? nil : headSteps ?? TeachRun.usualHeadSteps,
      unfreezes: unfreeze == .last, resumes: resume, makesPage: report != nil, fit: fit, decoding: reading.decoding,
      compute: self.model.compute, claims: claims)
    let report = try run.run(photographs, heldOut)
    if let path = self.report {
      try claims.check(path, as: .page)
      try OutputFile.write(Array(report.page.html.utf8), to: path)
    }
    try json.write(report, or: report.text)
    try (failures.map(\.status) + [report.status]).max().map { try $0.end() }
  }
}

/// The files that teaching writes.
struct TeachFiles {
  let output: String
  /// Features, and what the head's training goes on from; both go away with the end, unless the user wants the features. So nobody else's
  /// file, and none that `--features` or `train` has written, may be called so.
  let features, checkpoint: String
  let keepsFeatures: Bool

  init(output: String, features: String?) {
    self.output = output
    self.features = features ?? output.extended(by: ".teach-features")
    checkpoint = output.extended(by: ".teach-checkpoint")
    keepsFeatures = features != nil
  }

  /// Removes what only a run that was stopped needs.
  ///
  /// - Parameter hasTrained: whether a checkpoint is this run's.
  func clean(hasTrained: Bool) {
    if !keepsFeatures { unlink(features.cPath) }
    if hasTrained { unlink(checkpoint.cPath) }
  }
}

/// Layers of the network that are trained with the classifier.
enum Unfreezing: String, Choice, CaseIterable {
  case none
  /// The last stage.
  case last
}

extension TeachingOptions.ClassWeights: Choice {}
