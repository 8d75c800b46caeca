import Explain
import Glibc
import Kernels
import Testing

/// L-CAM: one convolution on the last features, against its formulas in scalar code, and through a model file.
@Suite struct LCAMTests {
  private static let side = 8
  private static let channels = 20
  private static let classes = 5

  /// The small network with weights that let it see something.
  private static func network(_ folder: TemporaryFolder) throws -> Model {
    var model = TinyModel(.float32)
    var generator = SplitMix64(state: 3)
    // Two panels of 16 outputs, and three rows of nine inputs in twelve places.
    for index in 0..<2 * 36 * 16 where index / 16 % 12 < 9 {
      model.set("conv.weight", index, 0.5 * generator.signedUnit())
    }
    for tap in 0..<9 { for c in 0..<channels { model.set("dw.weight", tap * 32 + c, generator.signedUnit()) } }
    for c in 0..<channels { for k in 0..<classes { model.set("fc.weight", c * 16 + k, 2 * generator.signedUnit()) } }
    try model.write(folder.file("tiny"))
    return try Model(path: folder.file("tiny"))
  }

  private static func head() throws -> HeadParameters {
    var generator = SplitMix64(state: 4)
    return try HeadParameters(.lcam, channels: [channels], classes: classes) { (_, shape) throws(TrainingError) in
      (0..<shape.reduce(1, *)).map { _ in 0.3 * generator.signedUnit() }
    }
  }

  private static let crops: [UInt8] = {
    var generator = SplitMix64(state: 5)
    return (0..<2 * side * side * 3).map { _ in UInt8((generator.signedUnit() + 1) * 127) }
  }()

  private static func step(
    _ model: Model, _ head: HeadParameters, masks: MaskForm = .attention, brightness: Double = 0
  ) throws -> TrainingStep {
    var weights = masks.weights
    weights.brightness = brightness
    return try TrainingStep(
      model, head, images: 2, precision: .float32, weights: weights, masks: masks,
      context: ExecutionContext(threads: 1))
  }

  @Test func mapsAndLossAreTheFormulas() throws {
    let folder = try TemporaryFolder()
    let model = try Self.network(folder)
    let head = try Self.head()
    let result = try Self.step(model, head).run(Self.crops)
    let session = Session(model: model)
    let labels = Set(result.labels).sorted()
    #expect(result.gradients.labels == labels && result.gradients.branches.isEmpty)
    let pixels = Self.side * Self.side
    var expected: [Float] = []
    var crossEntropy = 0.0
    for image in 0..<2 {
      let crop = Image(
        width: Self.side, height: Self.side,
        pixels: Array(Self.crops[image * pixels * 3..<(image + 1) * pixels * 3]))
      let input = MethodInput(crop, model.description.preprocessing)
      let features = try #require(try session.features(input.values, nodes: ["dw"])["dw"])
      for label in labels {
        for place in 0..<pixels {
          var sum = head.fuseBias.values[label]
          for c in 0..<Self.channels {
            sum += head.fuse.values[label * Self.channels + c] * features[place * Self.channels + c]
          }
          expected.append(1 / (1 + expf(-sum)))
        }
      }
      let logits = result.maskedLogits[image * Self.classes..<(image + 1) * Self.classes]
      crossEntropy -= Double(logf(session.probabilities(Array(logits))[result.labels[image]])) / 2
    }
    #expect(relativeError(result.maps, expected) < 1e-4)
    #expect(abs(result.loss.crossEntropy - crossEntropy) < 1e-4)
    // Every image's maps of the labels of both images, each as often as it occurs.
    var area = 0.0
    for image in 0..<2 {
      for label in result.labels {
        let first = (image * labels.count + (labels.firstIndex(of: label) ?? 0)) * pixels
        for value in expected[first..<first + pixels] {
          area += Double(expf(0.3 * logf(value + 0.0005))) / Double(4 * pixels)
        }
      }
    }
    #expect(abs(result.loss.area - area) < 1e-4 * area)
  }

  /// The second of two images loses its salient part; in six turns each fill is drawn.
  @Test(arguments: [(MaskForm.attention, 0, 0.0)] + (0..<6).map { (.order, $0, 0) } + [(.order, 1, 2)])
  func gradientsAreDifferences(masks: MaskForm, turn: Int, brightness: Double) throws {
    let folder = try TemporaryFolder()
    let model = try Self.network(folder)
    let head = try Self.head()
    let step = try Self.step(model, head, masks: masks, brightness: brightness)
    let result = step.run(Self.crops, turn: turn)
    #expect((result.loss.removal > 0) == (masks == .order))
    #expect((0.05...0.95).contains(result.loss.brightness) == (masks == .order))
    let others = result.loss.total - brightness * result.loss.brightness
    #expect(masks != .order || abs(others - result.loss.keeping - result.loss.removal) < 1e-6)
    // A threshold is steep.
    let size: Float = masks == .order ? 5e-4 : 2e-3
    for (row, label) in result.gradients.labels.enumerated() {
      let differences = (0..<Self.channels).map { c in
        let index = label * Self.channels + c
        let value = head.fuse.values[index]
        let losses = [value + size, value - size].map { shifted in
          head.fuse.values[index] = shifted
          return step.run(Self.crops, turn: turn).loss.total
        }
        head.fuse.values[index] = value
        return Float((losses[0] - losses[1]) / Double(2 * size))
      }
      let found = result.gradients.fuseRow(row)
      // Half of the images and one direction alone: the network's kinks weigh more.
      let most = masks == .order ? 0.06 : 0.02
      #expect(distance(found, differences) < most, "class \(label): \(distance(found, differences))")
    }
  }

  @Test(arguments: Optimizer.allCases) func trainingLowersTheLoss(_ optimizer: Optimizer) throws {
    let folder = try TemporaryFolder()
    let step = try Self.step(try Self.network(folder), Self.head())
    let parameters = step.head.parameters
    let moments = AdamMoments(parameters)
    var losses: [Double] = []
    for _ in 0..<20 {
      let result = step.run(Self.crops)
      losses.append(result.loss.total)
      switch optimizer {
      case .adam: Adam().step(parameters, result.gradients, moments, rate: 0.01, ExecutionContext(threads: 1))
      case .sgd:
        Descent().step(parameters, result.gradients, rate: 0.01, momentum: 0.9, ExecutionContext(threads: 1))
      }
    }
    #expect(losses[19] < losses[0] && losses[10] < losses[0], "\(losses)")
  }

  // MARK: The model file

  private static let package = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
  private static let photographs = ["cat", "espresso", "rocket"].map { "\(package)/Tests/Fixtures/photos/\($0).jpg" }

  private static func trained(
    _ head: HeadForm, on model: Model, steps: Int = 1, _ folder: TemporaryFolder
  ) throws -> Model {
    var options = TrainingOptions()
    (options.head, options.batch, options.epochs) = (head, 2, 1)
    let trainer = try Trainer(model: model, paths: photographs, options: options)
    for _ in 0..<steps { _ = try trainer.step() }
    try trainer.save(to: folder.file("checkpoint"))
    try trainer.writeModel(to: folder.file("\(head)"), checkpoint: folder.file("checkpoint"))
    return try Model(path: folder.file("\(head)"))
  }

  /// Before its first step the head is the classifier's own rows, and maps have the resolution of the features.
  @Test func theFileSaysWhatItsHeadIs() throws {
    let folder = try TemporaryFolder()
    let model = try Self.trained(.lcam, on: Model(path: Fixtures.bundledModel), steps: 0, folder)
    let head = try #require(model.description.head)
    #expect(head.kind == .lcam && head.branches.map { $0.fuse != nil } == [false, false, true])
    #expect(head.branches.map(\.node) == model.description.featureLayers.map(\.node))
    #expect(head.training?.options.head == .lcam)
    #expect(MethodName.usual(model) == .lcam)
    #expect(!model.description.graph.nodes.contains { $0.name.hasPrefix("head.") })
    let session = Session(model: model)
    let input = MethodInput(try Fixtures.crop("espresso", session), model.description.preprocessing)
    func explain(_ name: MethodName, _ options: MethodOptions = MethodOptions()) throws -> Explanation {
      try name.makeMethod(session, options).explain(input) { largest(3, of: $0) }
    }
    let (start, cam) = (try explain(.lcam), try explain(.cam))
    for (own, other) in zip(start.maps, cam.maps) {
      #expect(own.classIndex == other.classIndex && own.width == 7 && own.height == 7)
      #expect(correlation(own.values, other.values) > 0.999)
    }
    var options = MethodOptions()
    options.comparesWithCAM = true
    #expect(try explain(.lcam, options).cam == cam.maps)
    #expect(throws: MethodError.unsupported(method: "ttame", needs: "a T-TAME head")) { try explain(.ttame) }
  }

  /// Heads take each other's place, whichever came first, and the classifier stays.
  @Test(.disabled(if: Emulation.isActive, Emulation.isTooSlow)) func headsReplaceEachOther() throws {
    let folder = try TemporaryFolder()
    let bundled = try Model(path: Fixtures.bundledModel)
    #expect(bundled.description.head?.training?.options.head == .ttame)
    let lcam = try Self.trained(.lcam, on: bundled, folder)
    #expect(lcam.description.head?.kind == .lcam && lcam.description.head?.training?.steps == 1)
    let ttame = try Self.trained(.ttame, on: lcam, folder)
    #expect(ttame.description.head?.kind == .ttame)
    let session = Session(model: ttame)
    #expect(throws: MethodError.unsupported(method: "lcam", needs: "an L-CAM head")) {
      try MethodName.lcam.makeMethod(session, MethodOptions())
    }
    let input = MethodInput(try Fixtures.crop("cat", session), ttame.description.preprocessing)
    #expect(try session.classify(input.values) == Session(model: bundled).classify(input.values))
    #expect(try session.classify(input.values) == Session(model: lcam).classify(input.values))
  }

  /// A fuse layer without branches, over the last feature layer's channels.
  @Test(arguments: Precision.allCases) func importTakesAFuseLayerAlone(_ precision: Precision) throws {
    let folder = try TemporaryFolder()
    try SyntheticWeights.resNet18(classes: 3).writeZeros(folder.file("w"))
    var head = SyntheticWeights.head([512], rows: 3)
    head.shapes = head.shapes.filter { $0.key.hasPrefix("fuse.") }
    try head.writeZeros(folder.file("head"))
    var options = ImportOptions()
    options.head = .file(folder.file("head"))
    options.precision = precision
    _ = try importModel(from: folder.file("w"), to: folder.file("m"), options: options)
    let found = try #require(try Model(path: folder.file("m")).description.head)
    #expect(found.kind == .lcam && found.branches.map { $0.fuse?.weight } == [nil, nil, "head.fuse.2.weight"])
  }
}
