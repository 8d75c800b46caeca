import Explain

/// What is said about a taught classifier.
struct TeachReport: Encodable {
  struct Class: Encodable {
    let label: String
    /// Photographs that it was taught with, and held out; of those, how many are right.
    let photographs, heldOut, right: Int
  }

  struct Mistake: Encodable {
    let input: String
    let inputBytes: String?
    let labels: [String]
    let answers: [String]
    let probability: Float
  }

  struct Refusal: Encodable {
    let score: Rejection.Score
    let threshold: Float
    /// The share of known photographs that it refuses.
    let falseRejects: Double
    let images: Int
  }

  /// What training the last stage has led to.
  struct LastStage: Encodable {
    /// Photographs held out.
    let images: Int
    let isKept: Bool
    /// Mean cross-entropy with the frozen network, and with the trained one, and how many photographs are right.
    let lossFrozen, lossTuned: Double?
    let rightFrozen, rightTuned: Int

    init(_ tuning: FineTuning) {
      (images, isKept) = (tuning.images, tuning.isKept)
      (lossFrozen, lossTuned) = (tuning.frozen.loss, tuning.tuned.loss)
      (rightFrozen, rightTuned) = (tuning.frozen.right, tuning.tuned.right)
    }
  }

  struct Seconds: Encodable {
    let features, classifier: Double
    /// Nothing where it was not asked for.
    let lastStage: Double?
    /// Nothing where it was not trained.
    let head: Double?
  }

  let accuracy: Double?
  let classes: [Class]
  /// Photographs of each class, in rows, that were taken for each class; nothing where classes are independent.
  let confusion: [[Int]]?
  let cutClasses: [String]
  let decay: Double
  /// Photographs held out, and those that show different things.
  let images, groups: Int
  /// The 95 % interval of the accuracy.
  let interval: [Double]?
  /// Nothing where it was not trained.
  let lastStage: LastStage?
  let mistakes: [Mistake]
  let output: String
  let outputBytes: String?
  let outputs: OutputFunction
  let rejection: Refusal?
  let right: Int
  let seconds: Seconds
  let temperature: Double
  /// What is suspicious about the maps.
  let warnings: [String]
  /// Not part of the JSON.
  let status: ExitStatus
  private let model: ModelDescription
  private let examples: [[TeachingPage.Example]]

  private enum CodingKeys: String, CodingKey {
    case accuracy, classes, confusion, cutClasses, decay, images, groups, interval, lastStage, mistakes, output,
      outputBytes, outputs
    case rejection, right, seconds, temperature, warnings
  }

  /// Mistakes that are named.
  private static let mostMistakes = 10
  /// Classes up to which a confusion matrix fits a terminal.
  private static let mostColumns = 12

  init(
    _ output: String, _ model: Model, _ taught: TaughtClassifier, _ tuning: FineTuning?,
    _ photographs: [KnownPhotograph], _ review: TeachReview, seconds: Seconds, status: ExitStatus
  ) {
    (self.model, examples) = (model.description, review.examples)
    lastStage = tuning.map(LastStage.init)
    warnings = review.findings.map { $0.finding.sentence($0.label) }
    let figures = TeachingFigures(taught)
    func names(_ indices: [Int]) -> [String] { indices.map { taught.classes[$0].onOneLine } }
    classes = taught.classes.indices.map { label in
      let own = taught.validation.filter { $0.labels.contains(label) }
      return Class(
        label: taught.classes[label].onOneLine, photographs: taught.taught[label], heldOut: own.count,
        right: own.count { $0.answer(taught.outputs).contains(label) })
    }
    confusion = taught.outputs == .softmax ? figures.confusion : nil
    cutClasses = names(taught.cutClasses)
    (decay, temperature, outputs) = (taught.decay, taught.temperature, taught.outputs)
    (images, groups, right, accuracy) = (figures.images, figures.groups, figures.right, figures.accuracy)
    interval = figures.interval.map { [$0.lowerBound, $0.upperBound] }
    mistakes = figures.mistakes.prefix(Self.mostMistakes).map { place in
      let photograph = taught.validation[place]
      let answers = photograph.answer(taught.outputs)
      let path = photographs[photograph.index].path
      return Mistake(
        input: path.pathForJSON, inputBytes: path.base64ForJSON, labels: names(photograph.labels),
        answers: names(answers), probability: taught.outputs.probabilities(photograph.logits).max() ?? 0)
    }
    rejection = taught.rejection.map { rejection in
      let rule = rejection.rule()
      return Refusal(
        score: rule.score, threshold: rule.threshold, falseRejects: rule.falseRejects, images: rejection.images)
    }
    (self.output, outputBytes) = (output.pathForJSON, output.base64ForJSON)
    (self.seconds, self.status) = (seconds, status)
  }

  private var taughtPhotographs: Int { classes.reduce(0) { $0 + $1.photographs } }

  /// What was found on held-out photographs; nil where there were none.
  private var accuracyText: String? {
    guard let accuracy, let interval else { return nil }
    return "\(percent(accuracy)), \(right) of \(images) "
      + "(95 % interval \((100 * interval[0]).fixed(1)) to \((100 * interval[1]).fixed(1)) %)"
  }

  /// Whether the trained last stage was better; nil where it was not trained.
  private var lastStageText: String? {
    lastStage.map { stage in
      func loss(_ value: Double?) -> String { value.map { $0.fixed(3) } ?? "no number" }
      return
        "\(stage.isKept ? "trained" : "left as it was"); on \(stage.images) held-out photographs the loss went from "
        + "\(loss(stage.lossFrozen)) to \(loss(stage.lossTuned)), those right from \(stage.rightFrozen) to \(stage.rightTuned)"
    }
  }

  /// What the accuracy means less than it seems to.
  private var reservations: [String] {
    var lines: [String] = []
    if groups < images {
      lines.append(
        "\(images - groups) of \(images) photographs are near-duplicates of their neighbours, with which they were held out together"
      )
    }
    if !cutClasses.isEmpty {
      lines.append(
        "near-duplicates of \(cutClasses.joined(separator: ", ")) had to be divided: figures of these classes are too good"
      )
    }
    return lines
  }

  /// For people.
  var text: String {
    var text =
      "\(output.shownPath): \(counted(classes.count, "class", plural: "classes")), \(counted(taughtPhotographs, "photograph")), "
      + "features in \(seconds.features.fixed(1)) s, classifier in \(seconds.classifier.fixed(1)) s"
      + (seconds.lastStage.map { ", last stage in \($0.fixed(1)) s" } ?? "")
      + (seconds.head.map { ", head in \($0.fixed(1)) s" } ?? "") + "\n"
    if let accuracyText { text += "accuracy on held-out photographs: \(accuracyText)\n" }
    if let lastStageText { text += "last stage: \(lastStageText)\n" }
    text += reservations.map { "  \($0)\n" }.joined()
    text += "\n" + (confusion.map(confusionText) ?? classesText)
    if !mistakes.isEmpty {
      text += "\nworst mistakes\n"
      for mistake in mistakes {
        text +=
          "  \(mistake.input.shownPath): \(mistake.labels.joined(separator: ", ")) taken for "
          + "\(mistake.answers.isEmpty ? "none" : mistake.answers.joined(separator: ", ")), \(percent(mistake.probability))\n"
      }
    }
    for warning in warnings { text += "\nwarning: \(warning)\n" }
    if let rejection {
      text +=
        "\nnone of these: answered where the \(rejection.score.rawValue) score is below \(Double(rejection.threshold).fixed(2)), "
        + "which refuses \(percent(rejection.falseRejects)) of known photographs\n"
    }
    return text
  }

  private func confusionText(_ matrix: [[Int]]) -> String {
    guard classes.count <= Self.mostColumns else { return classesText + confusedText(matrix) }
    var table = Table(["taken for:"] + classes.map(\.label))
    for (label, row) in zip(classes, matrix) { table.add([label.label] + row.map(String.init)) }
    return table.text
  }

  private var classesText: String {
    var table = Table(["class", "taught", "held out", "right"])
    for row in classes { table.add([row.label, "\(row.photographs)", "\(row.heldOut)", "\(row.right)"]) }
    return table.text
  }

  /// What is confused most often.
  private func confusedText(_ matrix: [[Int]]) -> String {
    var pairs: [(count: Int, row: Int, column: Int)] = []
    for (row, counts) in matrix.enumerated() {
      for (column, count) in counts.enumerated() where row != column && count > 0 { pairs.append((count, row, column)) }
    }
    let worst = pairs.sorted { ($1.count, $0.row, $0.column) < ($0.count, $1.row, $1.column) }.prefix(Self.mostMistakes)
    guard !worst.isEmpty else { return "" }
    return "\nmost confused\n"
      + worst.map { "  \(classes[$0.row].label) taken for \(classes[$0.column].label): \($0.count)\n" }.joined()
  }

  /// For a browser.
  var page: TeachingPage {
    var page = TeachingPage(title: "\(model.name), a taught classifier")
    page.facts = [
      ("network", model.architecture),
      ("classes", "\(classes.count)"),
      ("photographs", "\(taughtPhotographs)"),
    ]
    if let accuracyText { page.facts.append(("accuracy on held-out photographs", accuracyText)) }
    page.facts.append(("weight decay", "\(decay)"))
    page.facts.append(("temperature", temperature.fixed(3)))
    if let rejection {
      page.facts.append(
        (
          "none of these",
          "\(rejection.score.rawValue) score below \(Double(rejection.threshold).fixed(3)), "
            + "\(percent(rejection.falseRejects)) of known photographs"
        ))
    }
    if let lastStageText { page.facts.append(("last stage", lastStageText)) }
    let times = [
      ("features", seconds.features), ("classifier", seconds.classifier), ("last stage", seconds.lastStage ?? 0),
      ("head", seconds.head ?? 0),
    ]
    page.facts.append(
      ("time", times.filter { $0.1 > 0 }.map { "\($0.0) \($0.1.fixed(1)) s" }.joined(separator: ", ")))
    page.facts.append(("head", model.head?.summary ?? "none"))
    page.warnings = warnings + reservations
    page.confusion = confusion
    page.classes = zip(classes, examples).map { row, examples in
      var part = TeachingPage.ClassPart(
        label: row.label, photographs: row.photographs, heldOut: row.heldOut, right: row.right)
      part.examples = examples
      return part
    }
    return page
  }
}
