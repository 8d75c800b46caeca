import Testing

@testable import Explain

/// A model of a few layers whose classes are all alike, and methods with maps that are known.
@Suite struct EvaluationRunTests {
  private let folder: TemporaryFolder
  private let image = EvaluatedImage(
    crop: Image(width: 8, height: 8, pixels: [UInt8](repeating: 128, count: 8 * 8 * 3)),
    region: CropRegion(x: 0, y: 0, width: 8, height: 8), box: PixelBox(x0: 0, y0: 0, x1: 4, y1: 4), index: 0)
  private let values = [Float](repeating: 0.5, count: 8 * 8 * 3)

  init() throws { folder = try TemporaryFolder() }

  /// - Parameter trained: the classes that the head was trained on.
  private func session(trained: [Int]? = nil) throws -> Session {
    var tiny = TinyModel(.float32)
    tiny.description.head?.training = trained.map { classes in
      TrainingRecord(
        options: TrainingOptions(), images: 1, steps: 1,
        labels: Dictionary(classes.map { ($0, 1) }, uniquingKeysWith: { first, _ in first }))
    }
    try tiny.write(folder.file("m"))
    return Session(model: try Model(path: folder.file("m")), threads: 1)
  }

  @Test func everyMapIsMeasuredAndCounted() throws {
    var evaluation = Evaluation(
      try session(),
      methods: [(MethodChoice(.centre), KnownMap(hottest: 0)), (MethodChoice(.random), KnownMap(hottest: 63))],
      metrics: [.accuracy, .map(.pointing)], seed: 0)
    for label in [0, 3, nil] {
      let maps = try evaluation.measure(
        image, MethodInput(crop: image.crop, values: values), picture: (8, 8), class: label)
      #expect(maps.map(\.method.rawValue) == ["centre", "random"] && maps.map(\.map.classIndex) == [0, 0])
      #expect(maps.map(\.passes) == [PassCount(forward: 2), PassCount(forward: 2)])
      #expect(maps.allSatisfy { abs($0.measurement.probability - 0.2) < 1e-6 })
    }
    #expect(evaluation.images == 3)
    // All classes are alike: the first wins, and five are all.
    #expect(evaluation.accuracy.images == 2 && evaluation.accuracy.top1 == 0.5 && evaluation.accuracy.top5 == 1)
    #expect(evaluation.methods.map { $0.maps.mean(.pointing) } == [1, 0])
    #expect(evaluation.methods.map(\.cost.mean?.forward) == [2, 2])
    #expect(evaluation.boxes?.listed == 3)
  }

  @Test func onlyWhatIsWantedIsCounted() throws {
    var evaluation = Evaluation(
      try session(), methods: [(MethodChoice(.centre), KnownMap(hottest: 0))], metrics: [], seed: 0)
    _ = try evaluation.measure(image, MethodInput(crop: image.crop, values: values), picture: (8, 8), class: 0)
    #expect(evaluation.images == 1 && evaluation.accuracy.images == 0 && evaluation.boxes == nil)
    #expect(evaluation.methods[0].maps.mean(.pointing) == nil && evaluation.methods[0].maps.faithfulness.images == 0)
  }

  /// Tables compare methods over the same images.
  @Test func anImageThatOneMethodFailsOnCountsForNone() throws {
    var evaluation = Evaluation(
      try session(),
      methods: [(MethodChoice(.centre), KnownMap(hottest: 0)), (MethodChoice(.random), FailingMethod())],
      metrics: [.accuracy, .map(.pointing)], seed: 0)
    #expect(throws: EngineError.noHead) {
      try evaluation.measure(image, MethodInput(crop: image.crop, values: values), picture: (8, 8), class: 0)
    }
    #expect(evaluation.images == 0 && evaluation.accuracy.images == 0 && evaluation.boxes?.listed == 0)
    #expect(evaluation.methods.allSatisfy { $0.maps.images == 0 && $0.cost.mean == nil })
  }

  /// The predicted class is 0.
  @Test(
    arguments: [
      (MethodName.ttame, [0], 1, 0), (.lcam, [1, 2], 0, 1), (.ttame, nil, 0, 0), (.centre, [0], 0, 0),
    ] as [(MethodName, [Int]?, Int, Int)])
  func classesOfTheTrainingAreSeen(_ name: MethodName, _ trained: [Int]?, _ seen: Int, _ unseen: Int) throws {
    var evaluation = Evaluation(
      try session(trained: trained), methods: [(MethodChoice(name), KnownMap(hottest: 0))], metrics: [.map(.ad)],
      seed: 0)
    _ = try evaluation.measure(image, MethodInput(crop: image.crop, values: values), picture: (8, 8), class: nil)
    #expect(evaluation.methods[0].maps.faithfulness.images == 1)
    #expect(evaluation.methods[0].seen.images == seen && evaluation.methods[0].unseen.images == unseen)
  }
}

/// A map of the input's size whose hottest place is known.
private final class KnownMap: ExplanationMethod {
  private let hottest: Int

  init(hottest: Int) { self.hottest = hottest }

  func explain(_ input: MethodInput, classes: ([Float]) -> [Int]) throws(EngineError) -> Explanation {
    let count = input.crop.width * input.crop.height
    let values = (0..<count).map { $0 == hottest ? Float(1) : 0 }
    let maps = classes([]).map {
      ClassMap(classIndex: $0, height: input.crop.height, width: input.crop.width, values: values)
    }
    return Explanation(logits: [], maps: maps, forward: .zero, head: .zero, passes: PassCount(forward: 2))
  }
}

private final class FailingMethod: ExplanationMethod {
  func explain(_ input: MethodInput, classes: ([Float]) -> [Int]) throws(EngineError) -> Explanation { throw .noHead }
}
