import ArgumentParser
import Explain

struct ClassifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "classify",
    abstract: "Classify an image.",
    usage: "ttame-lite classify [<options>] [<IMAGE|DIR|-> ...]",
    discussion: """
      Examples:
        ttame-lite classify photo.jpg
        ttame-lite classify --threshold 0.5 xray.png --model findings.safetensors
        ttame-lite classify --top 1 --json *.jpg | jq -r '.predictions[0].label'
        find . -name '*.jpg' -print0 | ttame-lite classify --files-from - -0 --json
        ffmpeg -i film.mp4 -f image2pipe -c:v mjpeg - | ttame-lite classify --json

      \(ExitStatus.help)
      """)

  @Argument(
    help: ArgumentHelp(
      "PNG, JPEG, PNM or PAM files, or folders of them. - or no argument reads standard input.",
      valueName: "IMAGE|DIR|-"),
    completion: .file())
  var inputs: [String] = []

  @Option(
    help: ArgumentHelp("Number of classes to print (default: 5; all of them with --threshold).", valueName: "K"))
  var top: Int?

  @OptionGroup var threshold: ThresholdOptions
  @OptionGroup var rejecting: RejectOptions

  @OptionGroup var selecting: SelectionOptions
  @OptionGroup var reading: PictureOptions
  @OptionGroup var fast: FastDecodingOptions
  @Flag(name: [.short, .long], help: "Suppress hints on standard error.")
  var quiet = false

  @OptionGroup var fit: FitOptions
  @OptionGroup var stream: StreamOptions
  @OptionGroup var json: JSONOptions

  @Flag(help: "Skip inputs that have a line in --json-file, and append to it.")
  var skipExisting = false

  @OptionGroup var overwriting: OverwriteOptions
  @OptionGroup var model: ModelOptions

  func validate() throws {
    if let top, top < 1 { throw ValidationError("--top must be 1 or more.") }
    if skipExisting, json.file == nil { throw ValidationError("--skip-existing needs --json-file.") }
    if skipExisting, inputs.isEmpty && selecting.filesFrom == nil || inputs.contains("-") {
      throw ValidationError("--skip-existing works with named files, not with standard input.")
    }
  }

  func run() throws {
    let claims = overwriting.claims
    var list = try selecting.list(inputs, claims)
    try claims.read([try ModelLocator.find(model.model)])
    try claims.write(json, as: .predictions)
    if skipExisting, let isAnswered = try json.answered(.predictions) {
      let count = list.paths.count
      let skipped = list.removeAll { isAnswered($0.path) }
      if skipped > 0, !quiet { printError("\(skipped) of \(counted(count, "image")) already answered; skipped") }
    }
    let source = InputSource(list, reading.decoding)
    if !json.isPrinted { try claims.writeStandardOutput() }
    let session = try model.makeSession()
    let rejection = try rejecting.rule(for: session.model.description)
    let lines = try json.lines(continuing: skipExisting ? .predictions : nil)
    let choice = PredictionChoice(top: top ?? (threshold.threshold == nil ? 5 : .max), threshold: threshold.threshold)
    var warnings = DepthWarnings()
    let progress = Progress(count: source.count)
    let preprocessing = fit.preprocessing(session)
    let decoding = fast.decoding(reading.decoding, preprocessing)
    var (filmHint, cropHint) = (FilmHint(), CropHint())
    let workers = Workers(session, threads: session.threads, pictures: source.count) { threads in
      session.fitsAgain ? Session(model: session.model, tier: session.tier, threads: threads) : nil
    }
    let worst = answerAll(
      source, progress, lanes: workers.lanes, input: workers.input, finishes: true,
      prepare: { try PreparedPicture($0, preprocessing, decoding, isDrawn: false) },
      compute: { try classify($0, workers, rejection) }
    ) { picture, predictions, forward in
      if let warning = warnings.line(picture) { progress.say(warning) }
      if let lines {
        let times = ImageReport.Milliseconds(
          decode: picture.decode.milliseconds, forward: forward.milliseconds, explain: 0, encode: 0)
        try lines.write(predictions.report(picture, choice, explanations: nil, threshold: choice.threshold, times))
      }
      if !json.isPrinted {
        try printOutput(predictions.text(picture, choice))
      }
      guard !quiet, !json.isPrinted else { return }
      [filmHint.line(picture), cropHint.line(picture)].compactMap(\.self).forEach(progress.say)
    }
    list.reportOmissions()
    stream.report(source)
    try worst.end()
  }

  private func classify(
    _ picture: PreparedPicture, _ workers: Workers<Session>, _ rejection: Rejection.Rule?
  ) throws -> (picture: PreparedPicture, predictions: Predictions, forward: Duration) {
    do {
      return try workers.compute { session in
        let clock = ContinuousClock()
        let start = clock.now
        let logits = try session.classify(picture.methodInput.values)
        return (picture, Predictions(logits, session, rejection), start.duration(to: clock.now))
      }
    } catch {
      throw Failure(error, reading: picture.origin.description)
    }
  }
}
