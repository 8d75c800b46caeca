import Explain
import Glibc

/// Teaches: features, classifier, model, head.
struct TeachRun {
  let model: Model
  let modelPath: String
  let files: TeachFiles
  let options: TeachingOptions
  let views: Int
  let isMultiLabel: Bool
  /// Whether photographs are added to those that `model` was taught with.
  let isAddition: Bool
  /// Nil without training the head.
  let headSteps: Int?
  /// Whether the last stage of the network is trained too.
  let unfreezes: Bool
  let resumes: Bool
  /// Whether a page will be made.
  let makesPage: Bool
  let fit: FitOptions
  let decoding: DecodingOptions
  let compute: ComputeOptions
  let claims: FileClaims

  static let usualHeadSteps = 90
  /// Peak learning rate of the head. With a few hundred photographs, more steps or a higher rate lose what CAM is good at: the
  /// brightest pixels alone keep the class less well.
  private static let headRate = 3e-4
  /// With less, the maps become brighter than CAM's, and more of their saliency lies beside the object.
  private static let headBrightness = 0.8
  /// Photographs that a class needs to be held out once and taught once, and those below which figures say little.
  private static let fewest = 2
  private static let few = 5

  func run(_ photographs: LabelledPhotographs, _ heldOut: LabelledPhotographs?) throws -> TeachReport {
    let session = Session(model: model, tier: compute.cpu, threads: compute.threads)
    let preprocessing = fit.preprocessing(session)
    let extraction = try FeatureRun(session, preprocessing, views: views, seed: options.seed, decoding, modelPath)
    let known = try knownFeatures(extraction.source)
    // What is given again has the labels of today.
    let given = Set((photographs.items + (heldOut?.items ?? [])).map(\.path.pathBytes))
    let others = (known?.photographs ?? []).filter { !given.contains($0.path.pathBytes) }
    if !isAddition { try checkLoss(others) }
    let kept = isAddition ? others : []
    // Photographs that are kept as features may have several labels, or none.
    let isMultiLabel = isMultiLabel || kept.contains { $0.labels.count != 1 }
    let classes = try classes(photographs.items.flatMap(\.labels) + kept.flatMap(\.labels), isMultiLabel)
    var (photographs, heldOut) = (photographs, heldOut)
    heldOut?.removeStrangers(to: classes)
    photographs.reportRemarks()
    heldOut?.reportRemarks()
    let clock = ContinuousClock()
    let start = clock.now
    let (table, worst) = try extraction.run(
      photographs.items, heldOut: heldOut?.items ?? [], known: known, keepsAll: isAddition, saving: files.features)
    try checkCounts(table, classes, photographs.path)
    let extracted = clock.now
    var taught: TaughtClassifier
    var tuning: FineTuning?
    let taughtAt: ContinuousClock.Instant
    do throws(TeachingError) {
      let teacher = Teacher(
        table, classes: classes, outputs: isMultiLabel ? .sigmoid : .softmax, options: options, tier: compute.cpu,
        threads: compute.threads)
      taught = try teacher.teach()
      try model.write(taught, preprocessing, name: fileStem(files.output), to: files.output)
      taughtAt = clock.now
      if unfreezes, let tuned = try fineTune(taught, table, teacher) {
        (taught, tuning) = (tuned.taught, tuned)
        if tuned.isKept { try model.write(taught, preprocessing, name: fileStem(files.output), to: files.output) }
      }
    } catch { throw Failure(error, files) }
    let tunedAt = clock.now
    let trained = try headSteps.map { try trainHead($0, table) } ?? false
    let seconds = TeachReport.Seconds(
      features: start.duration(to: extracted) / .seconds(1), classifier: extracted.duration(to: taughtAt) / .seconds(1),
      lastStage: unfreezes ? taughtAt.duration(to: tunedAt) / .seconds(1) : nil,
      head: trained ? tunedAt.duration(to: clock.now) / .seconds(1) : nil)
    let finished = try load(files.output)
    let review = try TeachReview(
      finished, taught, table.photographs, makesExamples: makesPage, decoding: decoding, compute: compute)
    files.clean(hasTrained: trained)
    return TeachReport(
      files.output, finished, taught, tuning, table.photographs, review, seconds: seconds, status: worst)
  }

  private func load(_ path: String) throws -> Model {
    do { return try Model(path: path) } catch { throw Failure(error, reading: path) }
  }

  /// Trains the last stage of the network that was written.
  private func fineTune(
    _ taught: TaughtClassifier, _ table: FeatureTable, _ teacher: Teacher
  ) throws(TeachingError) -> FineTuning? {
    let written: Model
    do { written = try Model(path: files.output) } catch { throw .written(error) }
    var options = FineTuningOptions()
    options.seed = self.options.seed
    return try Interruption.protecting { () throws(TeachingError) in
      let tuner = try FineTuner(
        written, taught, table.photographs, options: options, decoding: decoding, tier: compute.cpu,
        threads: compute.threads)
      let progress = Progress(count: tuner.steps)
      defer { progress.clear() }
      let tuning = try tuner.run { heldOut throws(EngineError) in
        try teacher.classifier(decay: taught.decay, without: heldOut)
      } proceed: {
        progress.advance()
        return !Interruption.isRequested
      }
      if tuning == nil {
        progress.clear()
        printError("stopped while the last stage was trained; continue with --resume")
        Interruption.endIfRequested()
      }
      return tuning
    }
  }

  /// Trains the head of the model that was written, on the photographs that are at hand.
  ///
  /// - Returns: whether it could be trained.
  private func trainHead(_ steps: Int, _ table: FeatureTable) throws -> Bool {
    let paths = table.photographs.filter { !$0.isHeldOut && FileStatus($0.path)?.bytes == $0.bytes }.map(\.path)
    let taught = table.photographs.count { !$0.isHeldOut }
    if paths.count < taught {
      printError(
        "ttame-lite: \(taught - paths.count) of \(counted(taught, "photograph")) are known by their features alone; the head is trained on the others"
      )
    }
    let model = try load(files.output)
    var training = TrainingOptions()
    training.seed = options.seed
    training.rate = Self.headRate
    training.loss.brightness = Self.headBrightness
    training.batch = min(training.batch, paths.count)
    training.epochs = max(1, steps * training.batch / max(1, paths.count / training.batch * training.batch))
    return try Interruption.protecting {
      do throws(TrainingError) {
        let trainer = try Trainer(
          model: model, paths: paths, options: training, decoding: decoding,
          resuming: resumes && FileStatus(files.checkpoint) != nil ? files.checkpoint : nil, tier: compute.cpu,
          threads: compute.threads)
        var run = TrainRun(
          trainer: trainer, decoding: decoding, held: [], output: files.output, checkpoint: files.checkpoint,
          saveEvery: 20, curves: nil, curvesFormat: .png, claims: claims, log: nil, compute: compute)
        if try !run.run() { Interruption.endIfRequested() }
        return true
      } catch .noWarmStart, .noFeatureLayers {
        printError(
          "ttame-lite: \(files.output.shownPath): written without a head, because the network does not end in pooling and one linear layer; explain --method gradcam explains it"
        )
        return false
      } catch {
        throw Failure(error, data: files.output, checkpoint: files.checkpoint, output: files.output)
      }
    }
  }

  /// The features that a file keeps of an earlier run.
  private func knownFeatures(_ source: FeatureSource) throws -> FeatureTable? {
    guard files.keepsFeatures || resumes, FileStatus(files.features) != nil else {
      if isAddition, files.keepsFeatures {
        throw Failure(.inputMissing, "no such file; teach writes it with --features", subject: files.features)
      }
      return nil
    }
    do throws(TeachingError) {
      let table = try FeatureTable(path: files.features)
      try table.check(source)
      return table
    } catch { throw Failure(error, files) }
  }

  /// Keeps features from being dropped that nobody could compute again.
  private func checkLoss(_ others: [KnownPhotograph]) throws {
    let gone = others.count { FileStatus($0.path) == nil }
    guard files.keepsFeatures, gone > 0 else { return }
    throw Failure(
      .cannotCreate,
      "holds features of \(counted(gone, "photograph")) that are gone; add to them with --from MODEL, or name another file",
      subject: files.features)
  }

  /// All classes, those of the model that is added to first.
  private func classes(_ labels: [String], _ isMultiLabel: Bool) throws -> [String] {
    let old = isAddition ? model.description.labels : []
    let taught = Set(labels)
    let lost = old.filter { !taught.contains($0) }
    if let first = lost.first {
      let others = lost.count > 1 ? " and \(lost.count - 1) more" : ""
      throw Failure(
        .badData,
        "no photograph of \(first.onOneLine)\(others), which the model knows; give --features FILE of its teaching, or its photographs",
        subject: modelPath)
    }
    let classes = old + taught.subtracting(old).sorted()
    guard classes.count > 1 || isMultiLabel && !classes.isEmpty else {
      throw Failure(
        .badData, "all photographs are of one class, \((classes.first ?? "").onOneLine); a classifier needs two")
    }
    return classes
  }

  /// Whether there is enough of each class, once it is known which photographs can be read.
  private func checkCounts(_ table: FeatureTable, _ classes: [String], _ path: String) throws {
    var counts: [String: Int] = [:]
    for photograph in table.photographs where !photograph.isHeldOut {
      for label in photograph.labels { counts[label, default: 0] += 1 }
    }
    func list(_ classes: [String]) -> String {
      let named = classes.prefix(5).map { "\($0.onOneLine) (\(counts[$0] ?? 0))" }.joined(separator: ", ")
      return classes.count > 5 ? "\(named) and \(classes.count - 5) more" : named
    }
    let lacking = classes.filter { counts[$0, default: 0] < Self.fewest }
    guard lacking.isEmpty else {
      throw Failure(
        .badData, "too few photographs of \(list(lacking)); a class needs \(Self.fewest), better \(Self.few) or more",
        subject: path)
    }
    let few = classes.filter { counts[$0, default: 0] < Self.few }
    if !few.isEmpty {
      printError("ttame-lite: \(path.shownPath): few photographs of \(list(few)); \(Self.few) or more are better")
    }
  }
}

extension FeatureTable {
  /// Whether these are the features that are computed now.
  fileprivate func check(_ now: FeatureSource) throws(TeachingError) {
    func same(_ what: String, _ old: String, _ new: String) throws(TeachingError) {
      if old != new { throw .otherFeatures(what: what, found: old, now: new) }
    }
    try same("the network", source.network, now.network)
    try same("a number of channels of", "\(source.channels)", "\(now.channels)")
    try same("--views", "\(source.views)", "\(now.views)")
    // A photograph alone has no random views.
    if now.views > 1 { try same("--seed", "\(source.seed)", "\(now.seed)") }
  }
}

extension Failure {
  /// What an error of teaching means.
  init(_ error: TeachingError, _ files: TeachFiles) {
    switch error {
    case .engine(let error): self.init(error, reading: files.output)
    case .noLinearClassifier, .noLastStage: self.init(.badData, "\(error)")
    case .features(let error): self.init(error, reading: files.features)
    case .noPhotographs: self.init(.inputMissing, "\(error)")
    case .written(let error): self.init(error, reading: files.output)
    case .badFeatures: self.init(.badData, "\(error)", subject: files.features)
    case .otherFeatures: self.init(.usage, "\(error)", subject: files.features)
    case .output(let path, let error), .model(.output(let path, let error)): self.init(error, writing: path)
    case .model(let error): self.init(.software, "\(error)", subject: files.output)
    }
  }
}
