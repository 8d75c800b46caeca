import ArgumentParser
import Explain

struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Measure a model over a list of images.",
    discussion: """
      A list has one image a line: its path, a tab, and the index of its class. Paths are relative to the list.

      Example:
        ttame-lite evaluate --data test.tsv --metrics accuracy
      """)

  /// What can be measured.
  enum Metric: String, ExpressibleByArgument, CaseIterable {
    /// Share of images whose class is predicted, and is among the five best.
    case accuracy
  }

  @Option(help: ArgumentHelp("The list of images.", valueName: "LIST.tsv"))
  var data: String

  @Option(help: "What to measure.")
  var metrics = Metric.accuracy

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
    let labelled = list.items.filter { $0.classIndex != nil }
    if labelled.isEmpty { throw Failure(.badData, "no line has a class, which accuracy needs", subject: data) }

    var accuracy = Accuracy()
    let source = try InputSource(labelled.map(\.path))
    let progress = Progress(count: source.count)
    let clock = ContinuousClock()
    let start = clock.now
    let worst = answerAll(source, progress) { encoded in
      let picture = try PreparedPicture(encoded, description.preprocessing)
      do {
        accuracy.add(logits: try session.classify(picture.input), class: labelled[encoded.index].classIndex ?? 0)
      } catch { throw Failure(error, reading: picture.origin.description) }
    }
    let report = AccuracyReport(
      model: description.name, data: data, images: accuracy.images, failed: labelled.count - accuracy.images,
      metrics: .init(top1: accuracy.top1, top5: accuracy.top5), milliseconds: start.duration(to: clock.now).milliseconds
    )
    if json { try JSONLines(path: "-").write(report) } else { try printOutput(report.text) }
    try worst.end()
  }
}

/// The accuracy of a model.
private struct AccuracyReport: Encodable {
  struct Metrics: Encodable {
    /// Shares, 0...1; nothing where no image could be read.
    let top1, top5: Double?
  }

  let model, data: String
  let images, failed: Int
  let metrics: Metrics
  /// Of all images together, decoding included.
  let milliseconds: Double

  /// A line for people.
  var text: String {
    guard let top1 = metrics.top1, let top5 = metrics.top5 else { return "\(data): no image could be read\n" }
    return "\(model): top-1 \(percent(top1)), top-5 \(percent(top5)) of \(images) images\n"
  }
}
