import ArgumentParser
import Explain

struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Evaluate a model and explanation methods on many images.",
    usage: "ttame-lite evaluate [<options>] --data <DIR|LIST.tsv>",
    discussion: """
      A list has one image a line: path, tab, class (index or name). Only accuracy needs the class. Pointing, energy and IoU \
      need four more columns with a box: x0, y0, x1, y1 in pixels of the upright image. Paths are relative to the list. In a \
      folder, an image's class is the name of the first subfolder on its path: DIR/CLASS/photo.jpg.

      Examples:
        ttame-lite evaluate --data test.tsv --metrics accuracy
        ttame-lite evaluate --data test.tsv --metrics ad,ic
        ttame-lite evaluate --data test.tsv --metrics ad --method ttame,gradcam
        ttame-lite evaluate --data boxes.tsv --metrics ad,pointing,energy,iou --method cam,ttame
        ttame-lite evaluate --data test.tsv --metrics ad,ic,road --report out.html
        ttame-lite evaluate --data test.tsv --metrics insertion,deletion --method ttame,ttame+20,ttame+100,rise

      With --method, all methods are compared with the first: differences with 95 % intervals. A ~ marks figures that a \
      brighter map alone can change; rank AD, rank IC and rank energy compare maps at equal brightness. NAME+N refines each \
      map of a method in N passes, as explain --refine does. NAME@N makes it with an input of N pixels, as explain \
      --resolution does.

      Cost of metrics in forward passes per map: ad and ic 6 together, road 14, insertion and deletion one per step and one \
      more each, adcc 1 and the method once more, saco 10, patch-deletion 16, trust 1; the others none.

      Methods:
      \(MethodName.list)

      \(ExitStatus.help)
      """)

  @Option(
    help: ArgumentHelp("Images: a folder with one subfolder per class, or a list.", valueName: "DIR|LIST.tsv"),
    completion: .file())
  var data: String

  @Option(
    help: ArgumentHelp(
      "Metrics to measure: \(EvaluationMetric.names.joined(separator: ", ")).", valueName: "NAME,..."))
  var metrics = NameList<EvaluationMetric>([.accuracy])

  @Option(
    help: ArgumentHelp(
      "Explanation methods to measure (default: the model's head; without one, logit-attribution).",
      valueName: "NAME,..."))
  var method: NameList<MethodChoice>?

  @OptionGroup var methods: MethodParameters

  @Option(help: ArgumentHelp("Steps of insertion and deletion, one pass each.", valueName: "N"))
  var steps = CausalMetric.steps

  @Option(help: ArgumentHelp("Write one line of JSON per map.", valueName: "FILE"), completion: .file())
  var log: String?

  @Option(
    help: ArgumentHelp("Write an HTML page with tables, plots and some of the maps.", valueName: "FILE.html"),
    completion: .file())
  var report: String?

  @OptionGroup var reading: PictureOptions
  @OptionGroup var fast: FastDecodingOptions
  @OptionGroup var fit: FitOptions
  @OptionGroup var json: JSONOptions
  @OptionGroup var overwriting: OverwriteOptions
  @OptionGroup var model: ModelOptions

  func validate() throws {
    if !(1...10_000).contains(steps) { throw ValidationError("--steps must be 1 to 10000.") }
    if log == "-" { throw ValidationError("--log needs a file; the results go to standard output.") }
    if report == "-" { throw ValidationError("--report needs a file; the results go to standard output.") }
  }

  func run() throws {
    let claims = overwriting.claims
    try claims.read([data])
    try claims.read([try ModelLocator.find(model.model)])
    let session = try model.makeSession()
    let description = session.model.description
    let classes = ClassNames(labels: description.labels, count: description.classes)
    let pictures = try PictureData(data, classes: ClassLookup(classes))
    let list = pictures.list
    let wanted = metrics.values
    let mapMetrics = Set(wanted.compactMap(\.ofMaps))
    if method != nil, mapMetrics.isEmpty {
      throw Failure(.usage, "--method needs metrics of maps; add --metrics ad,ic")
    }
    if report != nil, mapMetrics.isEmpty {
      throw Failure(.usage, "--report needs metrics of maps; add --metrics ad,ic")
    }
    let items = mapMetrics.isEmpty ? list.items.filter { $0.classIndex != nil } : list.items
    if wanted.contains(.accuracy), !items.contains(where: { $0.classIndex != nil }) {
      throw pictures.lacksClasses
    }
    if !mapMetrics.isDisjoint(with: MapMetric.ofBoxes), !items.contains(where: { $0.box != nil }) {
      throw Failure(
        .badData,
        pictures.isFolder
          ? "is a folder; boxes need a list" : "pointing, energy and iou need boxes, but no line has one",
        subject: data)
    }
    try claims.read(list.items.map(\.path))
    try claimOutputs(claims)
    let source = InputSource(InputList(files: items.map(\.path), failures: pictures.failures), reading.decoding)
    let names = mapMetrics.isEmpty ? [] : method?.values ?? [MethodChoice(.usual(session.model))]
    let progress = Progress(count: source.count, showsPasses: names.contains(where: \.isLong))
    var options = methods.options(progress)
    options.comparesWithCAM = mapMetrics.contains(.trust)
    let evaluation = Evaluation(
      session,
      methods: try names.map { name in
        do { return (name, try name.makeMethod(session, options)) } catch { throw Failure(error, reading: model.model) }
      },
      metrics: Set(wanted), seed: methods.seed, steps: steps)
    let preprocessing = fit.preprocessing(session)
    var run = EvaluationRun(
      evaluation, preprocessing: preprocessing, methods: names,
      decoding: fast.decoding(reading.decoding, preprocessing.largest(of: names)), items: items,
      names: classes,
      log: try log.map { try JSONLines(path: $0) },
      pictures: report.map { _ in
        ReportPictures(images: items.count, methods: names.map(\.rawValue), metrics: mapMetrics)
      })
    let clock = ContinuousClock()
    let start = clock.now
    let worst = answerAll(source, progress) { encoded in
      if let warning = try run.measure(encoded) { progress.say(warning) }
    }
    let results = EvaluationReport(
      model: session.model.description.name, data: data, run, namesMethods: method != nil, metrics: Set(wanted),
      seed: methods.seed, milliseconds: start.duration(to: clock.now).milliseconds)
    pictures.reportRemarks()
    if results.images == 0 { Failure(.badData, "no image could be read", subject: data).report() }
    // A disk that is full must not lose the table, and a reader that is gone not the page.
    let printed = Result {
      try json.write(results, or: results.text)
    }
    if let report {
      try claims.check(report, as: .page)
      if results.images > 0 {
        try write(results, run, session, mapMetrics, to: report)
      } else {
        printError("ttame-lite: \(report.shownPath): not written because there is nothing to show")
      }
    }
    try printed.get()
    try worst.end()
  }

  /// Finds out, before hours of work, whether the outputs can be written.
  private func claimOutputs(_ claims: FileClaims) throws {
    if let report { try claims.write(report, as: .page, option: "--report") }
    if let log { try claims.write(log, as: .json(.maps), option: "--log") }
    try claims.write(json, as: .evaluation)
    if !json.isPrinted { try claims.writeStandardOutput() }
  }

  /// Writes the page.
  private func write(
    _ results: EvaluationReport, _ run: EvaluationRun, _ session: Session, _ metrics: Set<MapMetric>, to path: String
  ) throws {
    guard let pictures = run.pictures else { return }
    var page = results.page(
      pictures, methods: run.evaluation.methods.map(\.method.rawValue),
      glossary: MapMetric.allCases.filter(metrics.contains))
    page.facts = facts(results, session, run)
    try OutputFile.write(Array(page.html.utf8), to: path)
  }

  private func facts(
    _ results: EvaluationReport, _ session: Session, _ run: EvaluationRun
  ) -> [(name: String, value: String)] {
    let description = session.model.description
    var facts = [
      (
        name: "model", value: "\(description.name), \(description.precision.rawValue), \(session.model.fileBytes) bytes"
      ),
      (
        "photographs",
        "\(results.images) of \(data.shownPath)" + (results.failed > 0 ? ", \(results.failed) unreadable" : "")
      ),
      ("CPU", "\(Machine.cpuName ?? "unknown"), \(session.tier.rawValue), \(counted(session.threads, "thread"))"),
      ("seed", "\(methods.seed)"),
    ]
    if run.evaluation.methods.contains(where: { $0.method.name == .rise }) {
      facts.append(("masks of RISE", "\(methods.masks)"))
    }
    if let boxes = results.boxPlaces?.remark { facts.append(("boxes", boxes)) }
    if let top1 = results.metrics.top1, let top5 = results.metrics.top5 {
      facts.append(("accuracy", "top-1 \(percent(top1)), top-5 \(percent(top5))"))
    }
    return facts + [
      ("time", "\(number(results.milliseconds / 1000)) s, metrics included"),
      ("date", Machine.date),
      ("version", Version.text),
      ("command", programArguments.map(shellQuoted).joined(separator: " ")),
    ]
  }
}
