import ArgumentParser
import Explain

struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Measure a model over a list of images.",
    discussion: """
      A list has one image a line: its path, a tab, and the index of its class, which only accuracy needs. Paths are relative \
      to the list.

      Examples:
        ttame-lite evaluate --data test.tsv --metrics accuracy
        ttame-lite evaluate --data test.tsv --metrics ad,ic
      """)

  /// What can be measured.
  enum Metric: String, CaseIterable {
    /// Share of images whose class is predicted, and is among the five best.
    case accuracy
    /// Average drop of the confidence when the image is seen through its map.
    case ad
    /// Share of images whose confidence increases then.
    case ic
  }

  @Option(help: ArgumentHelp("The list of images.", valueName: "LIST.tsv"))
  var data: String

  @Option(help: ArgumentHelp("What to measure: accuracy, ad, ic.", valueName: "NAME,..."))
  var metrics = MetricList(values: [.accuracy])

  @Flag(help: "Write a JSON object.")
  var json = false

  @OptionGroup var model: ModelOptions

  func run() throws {
    let session = try model.makeSession()
    let description = session.model.description
    let list: ImageList
    do {
      list = try ImageList(
        String(decoding: readFile(data), as: UTF8.self), folder: parentFolder(data) ?? "", classes: description.classes)
    } catch { throw Failure(error, reading: data) }
    let measuresAccuracy = metrics.values.contains(.accuracy)
    let measuresMaps = metrics.values.contains(.ad) || metrics.values.contains(.ic)
    let items = measuresMaps ? list.items : list.items.filter { $0.classIndex != nil }
    if measuresAccuracy, !items.contains(where: { $0.classIndex != nil }) {
      throw Failure(.badData, "no line has a class, which accuracy needs", subject: data)
    }

    var measured = Measured(description.head?.training.map { Set($0.labels.keys) })
    let source = try InputSource(items.map(\.path))
    let progress = Progress(count: source.count)
    let clock = ContinuousClock()
    let start = clock.now
    var images = 0
    let worst = answerAll(source, progress) { encoded in
      let picture = try PreparedPicture(encoded, description.preprocessing)
      do {
        if measuresAccuracy, let label = items[encoded.index].classIndex {
          measured.accuracy.add(logits: try session.classify(picture.input), class: label)
        }
        if measuresMaps { measured.add(try session.maskedConfidence(picture.crop)) }
        images += 1
      } catch { throw Failure(error, reading: picture.origin.description) }
    }
    let report = EvaluationReport(
      model: description.name, data: data, images: images, failed: items.count - images,
      metrics: .init(measured, metrics.values), milliseconds: start.duration(to: clock.now).milliseconds)
    if json { try JSONLines(path: "-").write(report) } else { try printOutput(report.text) }
    try worst.end()
  }
}

/// Names with commas between them.
struct MetricList: ExpressibleByArgument {
  let values: [EvaluateCommand.Metric]

  init(values: [EvaluateCommand.Metric]) { self.values = values }

  init?(argument: String) {
    let names = argument.split(separator: ",", omittingEmptySubsequences: false)
    values = names.compactMap { EvaluateCommand.Metric(rawValue: String($0)) }
    if values.count != names.count { return nil }
  }

  var defaultValueDescription: String { values.map(\.rawValue).joined(separator: ",") }
}
