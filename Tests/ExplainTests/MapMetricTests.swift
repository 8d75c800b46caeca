import Explain
import Testing

@Suite struct MapMetricTests {
  @Test func boxesGoThroughResizeAndCrop() throws {
    let region = CropRegion(x: 100, y: 0, width: 400, height: 400)
    let box = PixelBox(x0: 200, y0: 100, x1: 300, y1: 500)
    let pixels = try #require(box.pixels(in: region, crop: 40))
    #expect(pixels.columns == 10..<20 && pixels.rows == 10..<40)
    #expect(PixelBox(x0: 0, y0: 0, x1: 99, y1: 99).pixels(in: region, crop: 40) == nil)
  }

  @Test func localizationCountsTheBox() throws {
    let region = CropRegion(x: 0, y: 0, width: 4, height: 2)
    let map = SaliencyMap(width: 2, height: 2, values: [0.25, 0.25, 0, 0.5])
    func localization(_ x0: Double, _ y0: Double, _ x1: Double, _ y1: Double, _ map: SaliencyMap) throws -> Localization
    {
      try #require(
        Localization(map, ranked: map.ranked, box: PixelBox(x0: x0, y0: y0, x1: x1, y1: y1), region: region))
    }
    let right = try localization(2, 0, 4, 2, map)
    #expect(right.hits && right.energy == 0.75)
    // Of two pixels the hottest is lit, and one of the two that tie.
    #expect(right.overlap == 1.5 / 2.5 && right.rankEnergy == 0.75)
    let left = try localization(0, 0, 2, 2, map)
    #expect(!left.hits && left.hitsWithMargin && left.energy == 0.25)
    let flat = try localization(0, 0, 4, 2, SaliencyMap(width: 2, height: 2, values: [0, 0, 0, 0], isFlat: true))
    #expect(!flat.hits && !flat.hitsWithMargin)
    #expect(flat.energy == 0 && flat.overlap == 0 && flat.rankEnergy == 0)
  }

  @Test func listsMayHaveBoxes() throws {
    let list = try ImageList(
      Array("a.jpg\t3\t10\t20\t30.5\t40\nb.jpg\t\t\t\t\t\nc.jpg\t1\tx\n".utf8), folder: "",
      classes: ClassLookup(ClassNames(labels: [], count: 5)))
    #expect(list.items[0].box == PixelBox(x0: 10, y0: 20, x1: 30.5, y1: 40))
    #expect(list.items[1].box == nil && list.items[2].box == nil)
    #expect(throws: ImageListError.badBox(line: 1, found: "10 20 5 40")) {
      _ = try ImageList(
        Array("a.jpg\t3\t10\t20\t5\t40".utf8), folder: "", classes: ClassLookup(ClassNames(labels: [], count: 5)))
    }
    #expect(throws: ImageListError.badBox(line: 1, found: "10 20 b 40")) {
      _ = try ImageList(
        Array("a.jpg\t3\t10\t20\tb\t40".utf8), folder: "", classes: ClassLookup(ClassNames(labels: [], count: 5)))
    }
  }

  @Test func statisticsAreMeans() {
    var statistics = MapStatistics()
    #expect(statistics.survival(.morf) == nil && statistics.boxes == 0)
    #expect(statistics.mean(.insertion) == nil && statistics.mean(.pointing) == nil)
    var map = MapMeasurement(classIndex: 1, probability: 0.5)
    map.road = RoadAgreement(survives: [.morf: [true, false], .lerf: [true, true]])
    map.insertion = 0.5
    statistics.add(map)
    map.road = RoadAgreement(survives: [.morf: [true, false], .lerf: [false, true]])
    map.insertion = 0.25
    statistics.add(map)
    #expect(statistics.images == 2 && statistics.boxes == 0)
    #expect(statistics.survival(.morf) == [1, 0] && statistics.survival(.lerf) == [0.5, 1])
    #expect(statistics.mean(.insertion) == 0.375 && statistics.mean(.deletion) == nil)
  }

  /// The ends of the curves are the image and its baseline, so one step is the mean of the two.
  @Test(.disabled(if: Emulation.isActive, Emulation.isTooSlow)) func oneStepIsTheMeanOfItsEnds() throws {
    let session = Session(model: try Model(path: Fixtures.bundledModel))
    let crop = try Fixtures.crop("espresso", session)
    let map = SaliencyMap(width: 224, height: 224, values: (0..<224 * 224).map { Float($0) / 50176 })
    var image = [Float](repeating: 0, count: crop.pixels.count)
    session.model.description.preprocessing.normalize(crop, into: &image)
    let whole = session.probabilities(try session.classify(image))[967]
    let none = session.probabilities(try session.classify([Float](repeating: 0, count: image.count)))[967]
    let area = try session.causalArea(.deletion, of: 967, under: map, crop: crop, steps: 1)
    #expect(abs(area - Double(whole + none) / 2) < 1e-6)
    let insertion = try session.causalArea(.insertion, of: 967, under: map, crop: crop, steps: 1)
    #expect(insertion > Double(whole) / 2)
  }

  /// A map that is right beats one that is wrong, by every metric that knows nothing of boxes.
  @Test(.disabled(if: Emulation.isActive, Emulation.isTooSlow)) func metricsPreferTheMapToItsOpposite() throws {
    let session = Session(model: try Model(path: Fixtures.bundledModel))
    let crop = try Fixtures.crop("espresso", session)
    let evaluator = MapEvaluator(session, metrics: Set(MapMetric.allCases), seed: 1, steps: 16)
    var input = [Float](repeating: 0, count: crop.pixels.count)
    session.model.description.preprocessing.normalize(crop, into: &input)
    let explanation = try session.explain(input) { largest(1, of: $0) }
    let map = explanation.maps[0]
    let probability = session.probabilities(explanation.logits)[map.classIndex]
    var opposite = map
    opposite.values = map.values.map { -$0 }
    let region = CropRegion(x: 0, y: 0, width: 224, height: 224)
    let image = EvaluatedImage(crop: crop, region: region, box: nil, index: 0)
    let right = try evaluator.measure(map, probability: probability, of: image)
    let wrong = try evaluator.measure(opposite, probability: probability, of: image)
    #expect(right.masked![.all]! > wrong.masked![.all]! && right.rankMasked![.all]! > wrong.rankMasked![.all]!)
    #expect(right.saco!.score > wrong.saco!.score && right.saco!.rankScore > wrong.saco!.rankScore)
    #expect(right.patchDeletion!.correlation > wrong.patchDeletion!.correlation)
    #expect(right.patchDeletion!.rankCorrelation > wrong.patchDeletion!.rankCorrelation && right.adcc == nil)
    #expect(right.insertion! > wrong.insertion! && right.deletion! < wrong.deletion!)
    let survivals = [right, wrong].map { $0.road!.survives.mapValues { $0.count { $0 } } }
    #expect(survivals[0][.lerf]! >= survivals[1][.lerf]! && survivals[0][.morf]! <= survivals[1][.morf]!)
    #expect(survivals[0] != survivals[1])
    #expect(right.localization == nil)
  }

  /// Noise and sums depend on neither the number of threads nor what ran before.
  @Test(.disabled(if: Emulation.isActive, Emulation.isTooSlow)) func resultsDoNotDependOnThreads() throws {
    let model = try Model(path: Fixtures.bundledModel)
    let results = try [1, 3].map { threads in
      let session = Session(model: model, threads: threads)
      let crop = try Fixtures.crop("cat", session)
      let map = ClassMap(
        classIndex: 281, height: 7, width: 7, values: (0..<49).map { Float($0 * 37 % 49) })
      let region = CropRegion(x: 0, y: 0, width: 224, height: 224)
      let image = EvaluatedImage(crop: crop, region: region, box: nil, index: 3)
      return try MapEvaluator(session, metrics: [.road, .insertion, .ad], seed: 9, steps: 4)
        .measure(map, probability: 0.5, of: image)
    }
    #expect(results[0].masked == results[1].masked && results[0].road == results[1].road)
    #expect(results[0].insertion == results[1].insertion)
  }
}
