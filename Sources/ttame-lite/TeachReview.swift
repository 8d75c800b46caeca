import Explain

/// Looks at the maps of a taught model: for what is suspicious about them, and for examples.
struct TeachReview {
  private(set) var findings: [(label: String, finding: SpotCheck.Finding)] = []
  /// Of each class.
  private(set) var examples: [[TeachingPage.Example]]

  /// Maps of one class that are looked at, and of all classes; no less than `SpotCheck` needs.
  private static let mostOfClass = 40
  private static let mostOfAll = 1000
  private static let fewestOfClass = 10
  /// Examples of one class that are right, and wrong.
  private static let mostExamples = 4

  /// - Parameters:
  ///   - model: the finished one.
  ///   - makesExamples: whether a page will show them.
  init(
    _ model: Model, _ taught: TaughtClassifier, _ photographs: [KnownPhotograph], makesExamples: Bool,
    decoding: DecodingOptions, compute: ComputeOptions
  ) throws {
    examples = taught.classes.map { _ in [] }
    let session = Session(model: model, tier: compute.cpu, threads: compute.threads)
    // Without a head, and without a method of one pass, there are no maps to look at.
    guard let explainer = try? Explainer(session) else { return }
    let maker = TeachingExamples()
    let most = max(Self.fewestOfClass, min(Self.mostOfClass, Self.mostOfAll / taught.classes.count))
    for label in taught.classes.indices {
      if Interruption.isRequested { return }
      let own = taught.validation.filter { $0.labels.contains(label) }
      let (wrong, right) = Self.divided(own, taught.outputs)
      let shown = Set(
        (makesExamples ? Self.spread(right, Self.mostExamples) + wrong.prefix(Self.mostExamples) : []).map(\.index))
      let looked = Set(Self.spread(own, most).map(\.index)).union(shown)
      var check = SpotCheck()
      for photograph in own where looked.contains(photograph.index) {
        let path = photographs[photograph.index].path
        let answer = photograph.answer(taught.outputs)
        let wanted = shown.contains(photograph.index) ? [label] + answer.filter { $0 != label } : [label]
        // A photograph that has gone since is no example.
        guard let decoded = try? DecodedImage(readFile(path), decoding),
          let explained = try? explainer.explain(decoded.image, classes: { _ in wanted })
        else { continue }
        let maps = explained.explanation.maps
        check.add(maps[0])
        guard shown.contains(photograph.index) else { continue }
        func names(_ labels: [Int]) -> String { labels.map { taught.classes[$0].onOneLine }.joined(separator: ", ") }
        examples[label].append(
          try maker.example(
            explained.crop.image, shown: explained.crop.shown,
            maps: maps.map { (taught.classes[$0.classIndex].onOneLine, $0) },
            name: path.shownPath, labels: names(photograph.labels),
            answer: answer.isEmpty ? "none" : names(answer),
            probability: taught.outputs.probabilities(photograph.logits).max() ?? 0,
            isRight: answer == photograph.labels))
      }
      examples[label] = examples[label].filter(\.isRight) + examples[label].filter { !$0.isRight }
      if let finding = check.finding { findings.append((taught.classes[label].onOneLine, finding)) }
    }
  }

  /// The wrong ones, and the right ones.
  private static func divided(
    _ photographs: [ValidatedPhotograph], _ outputs: OutputFunction
  ) -> (wrong: [ValidatedPhotograph], right: [ValidatedPhotograph]) {
    var photographs = photographs
    let place = photographs.partition { $0.answer(outputs) == $0.labels }
    return (Array(photographs[..<place]), Array(photographs[place...]))
  }

  /// So many, evenly spread.
  private static func spread(_ photographs: [ValidatedPhotograph], _ count: Int) -> [ValidatedPhotograph] {
    let count = min(count, photographs.count)
    return (0..<count).map { photographs[$0 * photographs.count / count] }
  }
}
