import Kernels

/// A photograph that a classifier was measured with, which was not taught with it.
public struct ValidatedPhotograph: Sendable, Equatable {
  /// Its place among all photographs.
  public var index: Int
  /// Its classes, ascending.
  public var labels: [Int]
  /// Calibrated.
  public var logits: [Float]
  /// Photographs that show nearly the same have the same number.
  public var group: Int
}

/// What teaching has led to.
public struct TaughtClassifier: Sendable {
  /// Calibrated: its softmax or sigmoids are probabilities.
  public var classifier: LinearClassifier
  public var classes: [String]
  public var outputs: OutputFunction
  /// Of the regression.
  public var decay: Double
  /// What logits were divided by: C. Guo et al., "On Calibration of Modern Neural Networks", ICML 2017.
  public var temperature: Double
  /// Every photograph that was held out once, by classifiers that were taught without it.
  public var validation: [ValidatedPhotograph]
  /// Photographs that the classifier was taught with, by class.
  public var taught: [Int]
  /// Classes of which near-duplicates had to be divided.
  public var cutClasses: [Int]
  /// Photographs that were held out together, for each turn.
  var rounds: [[Int]]
  /// Layers in front of the classifier that were trained with it.
  var layers: [TunedLayer] = []
  /// Nil where classes are independent of each other: none of them is an answer too.
  public var rejection: Rejection?
}

/// Teaches a linear classifier on features.
public struct Teacher {
  private let table: FeatureTable
  private let options: TeachingOptions
  private let classes: [String]
  private let outputs: OutputFunction
  /// Of each photograph, ascending.
  private let labels: [[Int]]
  /// How much a photograph of each class counts.
  private let balance: [Double]
  private let context: ExecutionContext

  /// - Parameters:
  ///   - classes: all that photographs of `table` have.
  ///   - outputs: `softmax` where every photograph has one class.
  public init(
    _ table: FeatureTable, classes: [String], outputs: OutputFunction, options: TeachingOptions,
    tier: CPUTier? = nil, threads: Int? = nil
  ) {
    (self.table, self.classes, self.outputs, self.options) = (table, classes, outputs, options)
    let labels = table.photographs.classNumbers(classes)
    precondition(outputs == .sigmoid || labels.allSatisfy { $0.count == 1 }, "every photograph has one class")
    self.labels = labels
    let taught = labels.indices.filter { !table.photographs[$0].isHeldOut }
    balance = classes.indices.map { label in
      guard outputs == .softmax, options.classWeights == .balanced else { return 1 }
      return Double(taught.count) / Double(classes.count * max(1, taught.count { labels[$0] == [label] }))
    }
    context = ExecutionContext(tier: tier, threads: threads)
  }

  private var views: Int { table.source.views }
  private var photographs: Range<Int> { 0..<table.photographs.count }
  private var teaching: [Int] { photographs.filter { !table.photographs[$0].isHeldOut } }

  /// Fits the classifier, and measures it on photographs that are held out, or else on parts that are held out in turn.
  public func teach() throws(TeachingError) -> TaughtClassifier {
    do throws(EngineError) {
      return try table.withMatrix(teach)
    } catch { throw .engine(error) }
  }

  /// A classifier that some photographs have no part in, before it is calibrated.
  public func classifier(decay: Double, without heldOut: [Int]) throws(EngineError) -> LinearClassifier {
    try table.withMatrix { matrix throws(EngineError) in
      try regression(matrix).fit(decay: decay, weights: weights(without: Set(heldOut)))
    }
  }

  private func regression(_ matrix: Matrix) throws(EngineError) -> LogisticRegression {
    let rows = TeachingRows(
      features: matrix, labels: labels.flatMap { [[Int]](repeating: $0, count: views) }, classes: classes.count,
      outputs: outputs)
    return try LogisticRegression(rows, context: context)
  }

  private func teach(_ matrix: Matrix) throws(EngineError) -> TaughtClassifier {
    let regression = try regression(matrix)
    let (rounds, groups, cutClasses) = rounds()
    let decays = options.decay.map { [$0] } ?? TeachingOptions.decays
    var found: [(decay: Double, logits: [Int: [Float]], start: LinearClassifier?)] = decays.map { ($0, [:], nil) }
    for heldOut in rounds {
      let weights = weights(without: Set(heldOut))
      var classifier: LinearClassifier?
      for index in found.indices {
        let next = regression.fit(decay: found[index].decay, weights: weights, from: classifier)
        let logits = regression.logits(next)
        for photograph in heldOut {
          let first = photograph * views * classes.count
          found[index].logits[photograph] = Array(logits[first..<first + classes.count])
        }
        (classifier, found[index].start) = (next, next)
      }
    }
    let held = rounds.flatMap(\.self).sorted()
    let scaling = Temperature(outputs)
    let answers = found.map { found in held.map { (logits: found.logits[$0] ?? [], labels: labels[$0]) } }
    let temperatures = answers.map(scaling.fit)
    let losses = zip(answers, temperatures).map { answers, temperature in
      zip(scaling.losses(answers, temperature: temperature), held).reduce(0.0) { $0 + $1.0 * photographWeight($1.1) }
    }
    let best = losses.indices.min { losses[$0] < losses[$1] } ?? 0
    let temperature = temperatures[best]
    var classifier = regression.fit(
      decay: found[best].decay, weights: weights(without: []), from: found[best].start)
    classifier.scale(by: Float(1 / temperature))
    let validation = held.map { index in
      ValidatedPhotograph(
        index: index, labels: labels[index],
        logits: (found[best].logits[index] ?? []).map { $0 / Float(temperature) }, group: groups[index])
    }
    let rejection =
      outputs == .softmax && !validation.isEmpty
      ? Rejection(
        .energy, scores: validation.map { Rejection.Score.energy.value($0.logits) },
        falseRejects: options.falseRejects) : nil
    return TaughtClassifier(
      classifier: classifier, classes: classes, outputs: outputs, decay: found[best].decay, temperature: temperature,
      validation: validation,
      taught: classes.indices.map { label in teaching.count { labels[$0].contains(label) } },
      cutClasses: cutClasses, rounds: rounds, rejection: rejection)
  }

  /// Which photographs are held out in turn, the rows of neighbours that all belong to, and classes of which such a row is cut.
  private func rounds() -> (rounds: [[Int]], groups: [Int], cutClasses: [Int]) {
    let (center, norms) = centeredNorms()
    func isNear(_ a: Int, _ b: Int) -> Bool {
      let (first, second) = (table.features(a), table.features(b))
      var product = 0.0
      for c in center.indices {
        product +=
          (Double(first[first.startIndex + c]) - center[c]) * (Double(second[second.startIndex + c]) - center[c])
      }
      return product >= TeachingSplit.duplicateCosine * norms[a] * norms[b]
    }
    // Photographs of the same classes are divided evenly.
    var kinds: [[Int]: Int] = [:]
    let kindOf = labels.map { labels in
      if let known = kinds[labels] { return known }
      kinds[labels] = kinds.count
      return kinds.count - 1
    }
    let split = TeachingSplit(
      classes: kindOf, names: table.photographs.map { fileName($0.path) }, parts: TeachingOptions.parts,
      seed: options.seed, isNear: isNear)
    let given = photographs.filter { table.photographs[$0].isHeldOut }
    guard given.isEmpty else { return ([given], split.groups, []) }
    let count = photographs.count >= TeachingOptions.manyPhotographs ? 1 : TeachingOptions.parts
    let rounds = (0..<count).map { part in photographs.filter { split.parts[$0] == part } }
    let cut = split.cutClasses.flatMap { kind in kinds.first { $0.value == kind }?.key ?? [] }
    return (rounds.filter { !$0.isEmpty && $0.count < photographs.count }, split.groups, Set(cut).sorted())
  }

  /// The mean of the features, and each photograph's distance from it.
  private func centeredNorms() -> (center: [Double], norms: [Double]) {
    var center = [Double](repeating: 0, count: table.source.channels)
    for index in photographs {
      for (c, value) in table.features(index).prefix(center.count).enumerated() { center[c] += Double(value) }
    }
    for c in center.indices { center[c] /= Double(max(1, photographs.count)) }
    let norms = photographs.map { index in
      table.features(index).prefix(center.count).enumerated().reduce(0.0) {
        let distance = Double($1.element) - center[$1.offset]
        return $0 + distance * distance
      }.squareRoot()
    }
    return (center, norms)
  }

  /// How much a photograph counts, so that all together count as many as they are.
  private func photographWeight(_ index: Int) -> Double { outputs == .softmax ? balance[labels[index][0]] : 1 }

  /// Of the rows.
  private func weights(without heldOut: Set<Int>) -> [Double] {
    photographs.flatMap { index in
      let isTaught = !heldOut.contains(index) && !table.photographs[index].isHeldOut
      return [Double](repeating: isTaught ? photographWeight(index) / Double(views) : 0, count: views)
    }
  }
}
