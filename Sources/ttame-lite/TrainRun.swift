import Explain
import Glibc

/// The loop around a training: progress, log, checkpoints, measurements, and a way out for Ctrl-C.
struct TrainRun {
  let trainer: Trainer
  let decoding: DecodingOptions
  /// Photographs to measure on; none measures nothing.
  let held: [String]
  let output, checkpoint: String
  let saveEvery: Int
  let curves: String?
  let curvesFormat: PictureFormat
  let claims: FileClaims
  let log: JSONLines?
  let compute: ComputeOptions
  private let clock = ContinuousClock()
  private var unreadable: Set<[UInt8]> = []
  /// Pictures that were called nearly black.
  private var faint: Set<[UInt8]> = []
  /// Of `held`.
  private var unmeasured: Set<[UInt8]> = []

  init(
    trainer: Trainer, decoding: DecodingOptions, held: [String], output: String, checkpoint: String, saveEvery: Int,
    curves: String?,
    curvesFormat: PictureFormat, claims: FileClaims, log: JSONLines?, compute: ComputeOptions
  ) {
    (self.trainer, self.held, self.output, self.checkpoint) = (trainer, held, output, checkpoint)
    self.decoding = decoding
    (self.curvesFormat, self.claims) = (curvesFormat, claims)
    (self.saveEvery, self.curves, self.log, self.compute) = (saveEvery, curves, log, compute)
  }

  /// Runs to the end, or until a signal asks to stop; then the checkpoint is saved and the model is not written.
  ///
  /// - Returns: whether it has come to the end.
  mutating func run() throws(TrainingError) -> Bool {
    let progress = TrainingProgress(trainer)
    if trainer.done > 0 { printError("resuming after step \(trainer.done) of \(trainer.steps)") }
    while trainer.done < trainer.steps {
      if Interruption.isRequested {
        progress.clear()
        try trainer.save(to: checkpoint)
        printError("stopped after step \(trainer.done); continue with --resume")
        return false
      }
      let start = clock.now
      let report = try trainer.step()
      for (path, reason) in report.skipped where unreadable.insert(path.pathBytes).inserted {
        progress.say("ttame-lite: \(path.shownPath): \(reason); skipped")
      }
      for (path, depth) in report.faint { warn(of: path, depth, progress) }
      write(StepLine(report.step, seconds: start.duration(to: clock.now) / .seconds(1), skipped: unreadable.count))
      progress.show(report.step, trainer)
      if trainer.done % saveEvery == 0 || trainer.done % trainer.stepsPerEpoch == 0 { save(progress) }
      if trainer.done % trainer.stepsPerEpoch == 0 { measure(progress) }
    }
    progress.clear()
    try trainer.save(to: checkpoint)
    try trainer.writeModel(to: output, checkpoint: checkpoint)
    draw()
    return true
  }

  /// What was done, in a line.
  var summary: String {
    let skipped = unreadable.isEmpty ? "" : "; \(counted(unreadable.count, "photograph")) skipped"
    return "\(output.shownPath): trained for \(counted(trainer.steps, "step")) of \(trainer.options.batch)\(skipped)"
  }

  /// Says once that a picture is nearly black.
  private mutating func warn(of path: String, _ depth: SampleDepth, _ progress: TrainingProgress) {
    if faint.insert(path.pathBytes).inserted { progress.say(DepthWarnings.line(path.shownPath, depth)) }
  }

  /// A full disk must not end a training: the older checkpoint is still there.
  private func save(_ progress: TrainingProgress) {
    do { try trainer.save(to: checkpoint) } catch {
      progress.say("ttame-lite: \(checkpoint.shownPath): \(error); trying again later")
    }
  }

  /// AD and IC of the model as it would be shipped.
  private mutating func measure(_ progress: TrainingProgress) {
    defer { draw() }
    guard !held.isEmpty else { return }
    let path = TemporaryFile.name(for: output)
    defer { unlink(path.cPath) }
    do {
      try trainer.writeModel(to: path, checkpoint: checkpoint)
      let lock = TemporaryFile.lock(path)
      defer { if lock >= 0 { close(lock) } }
      let session = Session(model: try Model(path: path), tier: compute.cpu, threads: compute.threads)
      var faithfulness = Faithfulness()
      for photograph in held {
        let image: Image
        do {
          let decoded = try DecodedImage(readFile(photograph), decoding)
          if let depth = decoded.faintDepth(decoding) { warn(of: photograph, depth, progress) }
          image = decoded.image
        } catch {
          if unmeasured.insert(photograph.pathBytes).inserted {
            progress.say(Failure(error, reading: photograph).line + "; not measured")
          }
          continue
        }
        let crop = NetworkCrop(image, session.model.description.preprocessing)
        let result = try session.maskedConfidence(crop.image, shown: crop.shown)
        faithfulness.add(probability: result.probability, masked: result.masked)
      }
      let validation = trainer.record(faithfulness)
      write(validation)
      progress.say(
        "epoch \(trainer.done / trainer.stepsPerEpoch): AD \(rounded(validation.averageDrop)), "
          + "IC \(rounded(validation.increase)) % at 100 / 50 / 15 % of the pixels "
          + "(\(counted(validation.images, "image")))")
    } catch {
      progress.say("ttame-lite: not measured: \(error)")
    }
  }

  private func rounded(_ values: [Double]) -> String {
    values.map { $0.fixed(1) }.joined(separator: " / ")
  }

  private func draw() {
    guard let curves else { return }
    do {
      let picture = TrainingCurves(trainer.history, steps: trainer.steps).picture()
      try claims.check(curves, as: .picture)
      try OutputFile.write(try Picture.color(picture).encoded(as: curvesFormat, mark: .ofNoInput), to: curves)
    } catch { printError((error as? Failure)?.line ?? "ttame-lite: \(curves.shownPath): \(error)") }
  }

  private func write(_ line: some Encodable) {
    do { try log?.write(line) } catch { printError((error as? Failure)?.line ?? "ttame-lite: \(error)") }
  }
}

/// A step in the log.
private struct StepLine: Encodable {
  let step: Int
  let loss, crossEntropy, keeping, removal, brightness, area, variation, rate, momentum, seconds: Double
  /// Photographs left out so far.
  let skipped: Int

  init(_ step: TrainingHistory.Step, seconds: Double, skipped: Int) {
    self.step = step.step
    (loss, crossEntropy) = (step.loss.total, step.loss.crossEntropy)
    (keeping, removal, brightness) = (step.loss.keeping, step.loss.removal, step.loss.brightness)
    (area, variation) = (step.loss.area, step.loss.variation)
    (rate, momentum) = (step.rate, step.momentum)
    (self.seconds, self.skipped) = (seconds, skipped)
  }
}

/// A line on the terminal: bar, images per second, time left and loss.
private final class TrainingProgress {
  private let isShown = isatty(STDERR_FILENO) == 1
  private let clock = ContinuousClock()
  private let start: ContinuousClock.Instant
  private let first: Int

  init(_ trainer: Trainer) {
    start = clock.now
    first = trainer.done
  }

  func show(_ step: TrainingHistory.Step, _ trainer: Trainer) {
    guard isShown else { return }
    let seconds = start.duration(to: clock.now) / .seconds(1)
    let rate = Double((trainer.done - first) * trainer.options.batch) / seconds
    let left = Int(Double((trainer.steps - trainer.done) * trainer.options.batch) / rate)
    let filled = trainer.done * 24 / trainer.steps
    let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: 24 - filled)
    let time = "\(left / 3600):\(left / 600 % 6)\(left / 60 % 10):\(left / 10 % 6)\(left % 10)"
    write(
      "\r\u{1B}[K[\(bar)] \(trainer.done)/\(trainer.steps), \(rate.fixed(1)) images/s, \(time) left, loss \(step.loss.total.fixed(3))"
    )
  }

  func say(_ line: String) {
    clear()
    printError(line)
  }

  func clear() {
    if isShown { write("\r\u{1B}[K") }
  }

  private func write(_ text: String) {
    try? Array(text.utf8).withUnsafeBytes { try writeAll($0, to: STDERR_FILENO, subject: "standard error") }
  }
}
