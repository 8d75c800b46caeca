import Foundation
import Kernels
import Testing

@testable import Explain

@Suite struct TeachingTests {
  private static let channels = 6

  /// Photographs of classes whose features lie around a place of each class.
  private func table(
    _ counts: [String: Int], views: Int = 1, noise: Float = 0.3, several: Bool = false, heldOut: Int = 0
  ) -> FeatureTable {
    var table = FeatureTable(FeatureSource(network: "n", channels: Self.channels, views: views, seed: 1))
    var generator = SplitMix64(5)
    for (place, label) in counts.keys.sorted().enumerated() {
      for number in 0..<(counts[label] ?? 0) {
        let features = (0..<views * Self.channels).map { i in
          (i % Self.channels == place ? 2 : 0) + noise * generator.normalPair().0
        }
        table.append(
          KnownPhotograph(
            path: "\(label)/\(number).jpg", bytes: 1, modified: 2, labels: several ? [label, "any"] : [label],
            isHeldOut: number < heldOut), features)
      }
    }
    return table
  }

  private func teach(
    _ table: FeatureTable, _ classes: [String], _ outputs: OutputFunction = .softmax,
    _ change: (inout TeachingOptions) -> Void = { _ in }
  ) throws -> TaughtClassifier {
    var options = TeachingOptions()
    change(&options)
    return try Teacher(table, classes: classes, outputs: outputs, options: options, threads: 1).teach()
  }

  @Test func everyPhotographIsHeldOutOnce() throws {
    let taught = try teach(table(["a": 12, "b": 9, "c": 7]), ["a", "b", "c"])
    #expect(taught.validation.map(\.index) == Array(0..<28) && taught.taught == [12, 9, 7])
    let figures = TeachingFigures(taught)
    #expect(figures.images == 28 && figures.right == 28 && figures.mistakes.isEmpty)
    #expect(figures.confusion == [[12, 0, 0], [0, 9, 0], [0, 0, 7]])
    let interval = try #require(figures.interval)
    // All of n right: n / (n + z^2).
    let groups = Double(figures.groups)
    #expect(figures.groups <= 28 && interval.upperBound == 1)
    #expect(abs(interval.lowerBound - groups / (groups + 3.8415)) < 1e-3)
    let rejection = try #require(taught.rejection)
    #expect(rejection.images == 28 && rejection.score == .energy)
  }

  @Test func theSameSeedTeachesTheSame() throws {
    let features = table(["a": 12, "b": 9], noise: 1)
    let (first, second) = (try teach(features, ["a", "b"]), try teach(features, ["a", "b"]))
    #expect(first.classifier == second.classifier && first.validation == second.validation)
    let other = try teach(features, ["a", "b"]) { $0.seed = 2 }
    #expect(other.validation != first.validation)
  }

  /// A class that is rare weighs as much as the others, unless nobody wants that.
  @Test func rareClassesCount() throws {
    let features = table(["a": 200, "b": 6], noise: 1.5)
    func share(_ weights: TeachingOptions.ClassWeights) throws -> Int {
      let taught = try teach(features, ["a", "b"]) {
        $0.classWeights = weights
        $0.decay = 0.1
      }
      return TeachingFigures(taught).confusion.reduce(0) { $0 + $1[1] }
    }
    #expect(try share(.balanced) > share(.none) + 5)
  }

  @Test func photographsThatAreGivenMeasure() throws {
    let taught = try teach(table(["a": 9, "b": 9], heldOut: 4), ["a", "b"])
    #expect(taught.validation.count == 8 && taught.taught == [5, 5])
    #expect(taught.validation.allSatisfy { $0.index % 9 < 4 })
  }

  @Test func independentClassesAreTaughtTogether() throws {
    let taught = try teach(table(["a": 9, "b": 9], several: true), ["a", "any", "b"], .sigmoid)
    #expect(taught.rejection == nil && taught.outputs == .sigmoid)
    let figures = TeachingFigures(taught)
    #expect(figures.right == 18 && figures.confusion.isEmpty)
    #expect(taught.validation.first?.answer(.sigmoid) == [0, 1])
  }

  @Test func viewsOfAPhotographStayTogether() throws {
    let taught = try teach(table(["a": 6, "b": 6], views: 3), ["a", "b"])
    #expect(taught.validation.count == 12 && TeachingFigures(taught).right == 12)
  }

  @Test func burstsAreHeldOutTogether() {
    // Three rows of four in one class, single ones in the other.
    let split = TeachingSplit(
      classes: [Int](repeating: 0, count: 24) + [Int](repeating: 1, count: 10), names: (0..<34).map { "\($0)" },
      parts: 5, seed: 1
    ) { a, b in a < 24 && a / 4 == b / 4 }
    for first in stride(from: 0, to: 24, by: 4) {
      #expect(Set(split.parts[first..<first + 4]).count == 1 && Set(split.groups[first..<first + 4]).count == 1)
    }
    #expect(split.groupCount == 16 && split.cutClasses.isEmpty)
    #expect((0..<5).allSatisfy { part in split.parts[24...].count { $0 == part } == 2 })
    let oneBurst = TeachingSplit(
      classes: [Int](repeating: 0, count: 20), names: (0..<20).map { "\($0)" }, parts: 5, seed: 1
    ) { _, _ in true }
    #expect(oneBurst.cutClasses == [0] && oneBurst.groupCount == 5)
    #expect(Set(oneBurst.parts).count == 5)
    let ordered = zip(oneBurst.groups, oneBurst.groups.dropFirst()).count { $0 != $1 }
    #expect(ordered == 4, "rows are cut, not mixed")
  }

  @Test func temperaturesCalibrate() {
    // Half of the answers at odds of e^2 are wrong: there is nothing to be sure of.
    let unsure = (0..<100).map { (logits: [2, 0] as [Float], labels: [$0 % 2]) }
    #expect(Temperature(.softmax).fit(unsure) > 15)
    let right = (0..<100).map { (logits: $0 % 2 == 0 ? [2, 0] : [0, 2] as [Float], labels: [$0 % 2]) }
    let certain = Temperature(.softmax).fit(right)
    // 1 - 1 / 102 of (e^(2 / T) / (1 + e^(2 / T))).
    #expect(abs(certain - 2 / log(101)) < 0.02, "\(certain)")
    #expect(Temperature(.sigmoid).fit([]) == 1)
  }

  @Test func intervalsAreWilsons() {
    #expect(abs(wilsonInterval(0.5, count: 10).lowerBound - 0.2366) < 1e-4)
    #expect(abs(wilsonInterval(0.95, count: 40).lowerBound - 0.8350) < 1e-4)
    #expect(abs(wilsonInterval(0.95, count: 40).upperBound - 0.9862) < 1e-4)
  }

  @Test func rejectionRefusesTheShareThatIsAsked() {
    let scores = (0..<100).map { Float($0) }.shuffled()
    let rejection = Rejection(.energy, scores: scores, falseRejects: 0.05)
    let rule = rejection.rule()
    #expect(rule.threshold == 4 && abs(rule.falseRejects - 5.0 / 101) < 1e-12)
    #expect(rejection.rule(refusing: 0).threshold == 0 && rejection.rule(refusing: 1).threshold == 99)
    // Ten photographs cannot tell what one in twenty scores.
    let few = Rejection(.maxLogit, scores: Array(scores.prefix(10)), falseRejects: 0.05)
    #expect(few.rule().threshold == scores.prefix(10).min() && abs(few.rule().falseRejects - 1.0 / 11) < 1e-12)
    let many = Rejection(.energy, scores: (0..<50_000).map { Float($0) }, falseRejects: 0.05)
    #expect(many.knownScores.count == Rejection.mostScores && many.problem == nil)
    #expect(abs(many.rule().threshold - 2500) < 60)
    #expect(Rejection.Score.maxLogit.value([1, 3, 2]) == 3)
    #expect(abs(Rejection.Score.energy.value([1, 3, 2]) - 3.4076059) < 1e-5)
    var damaged = rejection
    damaged.images = .max
    #expect(damaged.problem == "100 scores of \(Int.max) images")
    var bad = rejection
    bad.knownScores.swapAt(0, 1)
    #expect(bad.problem != nil)
    bad.knownScores = [.nan]
    #expect(bad.problem != nil)
    bad.knownScores = []
    #expect(bad.problem != nil)
  }
}

@Suite struct SpotCheckTests {
  private func map(_ generator: inout SplitMix64, _ change: (Int, Int) -> Float) -> ClassMap {
    var values: [Float] = []
    for y in 0..<14 {
      for x in 0..<14 { values.append(generator.signedUnit() + change(x, y)) }
    }
    return ClassMap(classIndex: 0, height: 14, width: 14, values: values)
  }

  /// A spot somewhere around the centre.
  private func object(_ generator: inout SplitMix64) -> (Int, Int) -> Float {
    let (x0, y0) = (4 + generator.below(7), 4 + generator.below(7))
    return { x, y in abs(x - x0) < 3 && abs(y - y0) < 3 ? 4 : 0 }
  }

  @Test func aCornerIsFound() {
    var (generator, check) = (SplitMix64(1), SpotCheck())
    for _ in 0..<12 {
      let object = object(&generator)
      check.add(map(&generator) { x, y in object(x, y) + (x > 11 && y > 11 ? 5 : 0) })
    }
    guard case .border(let place, let share)? = check.finding else { return #expect(Bool(false), "nothing is found") }
    #expect(place.words == "bottom right" && share == 1)
  }

  @Test func theSameMapWhateverThePictureIsFound() {
    var (generator, check) = (SplitMix64(1), SpotCheck())
    for _ in 0..<12 {
      check.add(map(&generator) { x, y in abs(x - 7) < 2 && abs(y - 7) < 2 ? 12 : 0 })
    }
    guard case .sameSpot(let place, _)? = check.finding else { return #expect(Bool(false), "nothing is found") }
    #expect(place.words == "centre")
  }

  @Test func objectsAreNoFinding() {
    for seed in 0..<200 {
      var (generator, check) = (SplitMix64(2, seed), SpotCheck())
      for _ in 0..<8 + seed % 30 {
        let object = object(&generator)
        check.add(map(&generator, object))
      }
      #expect(check.finding == nil, "\(seed)")
    }
  }

  @Test func fewOrFlatMapsSayNothing() {
    var (generator, check) = (SplitMix64(1), SpotCheck())
    for _ in 0..<20 { check.add(ClassMap(classIndex: 0, height: 2, width: 2, values: [1, 1, 1, 1])) }
    #expect(check.images == 0 && check.finding == nil && check.correlation == nil)
    for _ in 0..<7 { check.add(map(&generator) { x, _ in x > 11 ? 9 : 0 }) }
    #expect(check.images == 7 && check.finding == nil)
  }
}

@Suite struct FeatureTableTests {
  private func table() -> FeatureTable {
    var table = FeatureTable(FeatureSource(network: "n", channels: 3, views: 2, seed: 7))
    let photograph = KnownPhotograph(
      path: "p\u{10FFFF}.jpg", bytes: 5, modified: 1 << 60, labels: ["a b", "c"], isHeldOut: true)
    table.append(photograph, [1, 2, 3, 4, 5, 6])
    table.append(photograph, [7, 8, 9, 10, 11, 12])
    return table
  }

  @Test func aFileHoldsAllOfIt() throws {
    let folder = try TemporaryFolder()
    let table = table()
    try table.write(to: folder.file("f"))
    let read = try FeatureTable(path: folder.file("f"))
    #expect(read.source == table.source && read.photographs == table.photographs)
    #expect(read.features(1) == table.features(1))
    #expect(try Safetensors(path: folder.file("f")).isFeatures)
  }

  @Test func damageIsFound() throws {
    let folder = try TemporaryFolder()
    try table().write(to: folder.file("f"))
    var bytes = try folder.contents("f")
    bytes[bytes.count - 1] ^= 1
    let damaged = try folder.write("damaged", bytes)
    #expect(throws: TeachingError.self) { try FeatureTable(path: damaged) }
    #expect(throws: TeachingError.badFeatures("it lacks the facts of features")) {
      try FeatureTable(path: Fixtures.bundledModel)
    }
    #expect(throws: TeachingError.self) { try FeatureTable(path: folder.file("none")) }
  }
}

@Suite struct TaughtModelTests {
  private func open(_ tiny: TinyModel, in folder: TemporaryFolder) throws -> Model {
    try tiny.write(folder.file("tiny"))
    return try Model(path: folder.file("tiny"))
  }

  private func taught(_ classes: Int, channels: Int) -> TaughtClassifier {
    var generator = SplitMix64(3)
    let classifier = LinearClassifier(
      classes: classes, channels: channels,
      weights: (0..<classes * channels).map { _ in generator.signedUnit() },
      biases: (0..<classes).map { _ in generator.signedUnit() })
    return TaughtClassifier(
      classifier: classifier, classes: (0..<classes).map { "class \($0)" }, outputs: .softmax, decay: 1, temperature: 1,
      validation: [], taught: [], cutClasses: [], rounds: [],
      rejection: Rejection(.energy, scores: [1, 2, 3], falseRejects: 0.1))
  }

  /// The written model answers what the classifier makes of the features, and explains it by CAM.
  @Test func aTaughtModelClassifies() throws {
    let folder = try TemporaryFolder()
    let model = try Model(path: Fixtures.bundledModel)
    let session = Session(model: model)
    let preprocessing = model.description.preprocessing
    let extractor = try FeatureExtractor(session, preprocessing, views: 2, seed: 1)
    let image = try Image(decoding: fileBytes("\(Fixtures.package)/Tests/Fixtures/photos/cat.jpg"))
    let features = try extractor.features(of: image, name: "cat.jpg")
    #expect(features.count == 2 * extractor.channels)
    #expect(features.prefix(extractor.channels) != features.suffix(extractor.channels))
    let taught = taught(19, channels: extractor.channels)
    try model.write(taught, preprocessing, name: "new", to: folder.file("m"))

    let written = try Model(path: folder.file("m"))
    try written.verify()
    let description = written.description
    #expect(description.name == "new" && description.labels.count == 19 && description.rejection == taught.rejection)
    #expect(description.head?.kind == .cam && description.logits == nil)
    #expect(written.featureNetwork(preprocessing) == model.featureNetwork(preprocessing))
    var squashed = preprocessing
    squashed.fit = .squash
    #expect(written.featureNetwork(squashed) != model.featureNetwork(preprocessing))
    let input = MethodInput(preprocessing.crop(image).image, preprocessing)
    let logits = taught.classifier.logits(Array(features.prefix(extractor.channels)))
    let explained = try Session(model: written).explain(input.values) { _ in [0, 18] }
    #expect(zip(explained.logits, logits).allSatisfy { abs($0 - $1) < 1e-3 }, "\(explained.logits) \(logits)")
    // CAM adds up to the logit: its mean and the bias are the logit.
    for map in explained.maps {
      let mean = map.values.reduce(0, +) / Float(map.values.count)
      #expect(mean.isFinite && map.values.max() != map.values.min())
    }

    // What was taught can be taught anew.
    try written.write(self.taught(2, channels: extractor.channels), preprocessing, name: "again", to: folder.file("n"))
    #expect(try Model(path: folder.file("n")).description.classes == 2)
  }

  @Test(arguments: [Precision.int8, .float32])
  func everyPrecisionIsTaught(_ precision: Precision) throws {
    let folder = try TemporaryFolder()
    let model = try open(TinyModel(precision), in: folder)
    let preprocessing = model.description.preprocessing
    try model.write(taught(3, channels: 20), preprocessing, name: "new", to: folder.file("m"))
    let written = try Model(path: folder.file("m"))
    #expect(written.description.classes == 3 && written.description.precision == precision)
    let input = [Float](repeating: 0.5, count: preprocessing.inputCount)
    #expect(try Session(model: written).explain(input) { _ in [1] }.maps.count == 1)
  }

  @Test func badRejectionsAreRefused() throws {
    let folder = try TemporaryFolder()
    var tiny = TinyModel()
    tiny.description.rejection = Rejection(.energy, scores: [1, 2], falseRejects: 0.05)
    _ = try open(tiny, in: folder)
    tiny.description.rejection?.knownScores = [2, 1]
    #expect(throws: ModelError.badDescription("rejection: scores are not finite and ascending")) {
      try open(tiny, in: folder)
    }
    tiny.description.rejection?.knownScores = []
    #expect(throws: ModelError.badDescription("rejection: 0 scores of 2 images")) {
      try open(tiny, in: folder)
    }
  }
}

@Suite struct LabelledListTests {
  @Test func labelsOfALineAndOfLinesAddUp() throws {
    let text = "# comment\na.jpg\tcat\tdog\r\nb.jpg\r\n\"c d.jpg\"\t-1\r\na.jpg\tdog\tbird\r\n"
    let list = try LabelledList(Array(text.utf8), folder: "f")
    #expect(
      list.items == [
        .init(path: "f/a.jpg", labels: ["cat", "dog", "bird"]), .init(path: "f/b.jpg", labels: []),
        .init(path: "f/c d.jpg", labels: []),
      ])
    #expect(throws: ImageListError.empty) { try LabelledList(Array("# nothing\n".utf8), folder: "") }
    #expect(throws: ImageListError.noPath(line: 2)) { try LabelledList(Array("a\n\tcat\n".utf8), folder: "") }
  }
}
