import Foundation
import Kernels
import Testing

@testable import Explain

/// Training the last stage of a small random network, whose features tell little.
@Suite struct FineTuningTests {
  private static let classes = ["yellow", "red or green", "cyan", "green or blue"]
  private let folder: TemporaryFolder
  private let photographs: [KnownPhotograph]

  init() throws {
    folder = try TemporaryFolder()
    var photographs: [KnownPhotograph] = []
    var generator = SplitMix64(state: 9)
    for (label, name) in Self.classes.enumerated() {
      for number in 0..<20 {
        let path = folder.file("\(name)\(number).ppm")
        let side = RandomNetwork.size
        var pixels: [UInt8] = []
        for _ in 0..<side * side {
          // Channels have no mean: classes differ in which of them go together, and whether in the same direction.
          let sign: Float = generator.signedUnit() < 0 ? -1 : 1
          let other = label % 2 == 0 ? sign : -sign
          let signal = label < 2 ? [sign, other, 0] : [0, sign, other]
          pixels += signal.map { UInt8(min(255, max(0, 128 + 45 * $0 + 60 * generator.signedUnit()))) }
        }
        let bytes = Array("P6\n\(side) \(side)\n255\n".utf8) + pixels
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        photographs.append(
          KnownPhotograph(path: path, bytes: bytes.count, modified: 0, labels: [name], isHeldOut: false))
      }
    }
    self.photographs = photographs
  }

  private func model(_ precision: Precision) throws -> Model {
    let network = RandomNetwork(
      layers: ["stem": (48, 3, 3), "last": (8, 48, 1)],
      build: { graph in
        let stem = try graph.activation("silu", graph.same("stem", graph.input, outputs: 48, kernel: 3), .silu)
        return try graph.activation("again", graph.same("last", stem, outputs: 8), .silu)
      })
    return try network.model(precision, channels: 8)
  }

  private func teach(
    _ model: Model, to path: String, heldOut: Set<Int> = []
  ) throws -> (taught: TaughtClassifier, teacher: Teacher, photographs: [KnownPhotograph]) {
    let preprocessing = model.description.preprocessing
    let extractor = try FeatureExtractor(Session(model: model), preprocessing, views: 1, seed: 1)
    var table = FeatureTable(FeatureSource(network: "n", channels: extractor.channels, views: 1, seed: 1))
    for (index, photograph) in photographs.enumerated() {
      var photograph = photograph
      photograph.isHeldOut = heldOut.contains(index)
      let image = try Image(decoding: [UInt8](Data(contentsOf: URL(fileURLWithPath: photograph.path))))
      table.append(photograph, try extractor.features(of: image, name: photograph.path))
    }
    let teacher = Teacher(table, classes: Self.classes, outputs: .softmax, options: TeachingOptions(), threads: 1)
    let taught = try teacher.teach()
    try model.write(taught, preprocessing, name: "frozen", to: path)
    return (taught, teacher, table.photographs)
  }

  private func tune(
    _ model: Model, rate: Double, heldOut: Set<Int> = [], threads: Int = 1, stopping: Int? = nil
  ) throws -> FineTuning? {
    let path = folder.file("frozen-\(model.description.precision)")
    let (taught, teacher, photographs) = try teach(model, to: path, heldOut: heldOut)
    var options = FineTuningOptions()
    (options.rate, options.epochs) = (rate, 40)
    let tuner = try FineTuner(
      try Model(path: path), taught, photographs, options: options, decoding: DecodingOptions(), threads: threads)
    var steps = 0
    let tuning = try tuner.run { heldOut throws(EngineError) in
      try teacher.classifier(decay: taught.decay, without: heldOut)
    } proceed: {
      steps += 1
      return steps != stopping
    }
    if stopping == nil, tuning?.isKept == true { #expect(steps == tuner.steps) }
    return tuning
  }

  @Test(arguments: [Precision.float32, .int8])
  func aBetterStageIsKeptAndWritten(_ precision: Precision) throws {
    let model = try model(precision)
    let tuning = try #require(try tune(model, rate: 1e-2))
    #expect(tuning.isKept && tuning.images == 80)
    #expect(tuning.tuned.right > tuning.frozen.right, "\(tuning.frozen) \(tuning.tuned)")
    #expect(try #require(tuning.tuned.loss) < #require(tuning.frozen.loss))
    let taught = tuning.taught
    #expect(taught.layers.map(\.node) == ["last"] && taught.rejection?.images == 80)
    #expect(taught.validation.count { $0.answer(.softmax) == $0.labels } == tuning.tuned.right)

    try model.write(taught, model.description.preprocessing, name: "tuned", to: folder.file("tuned"))
    let written = try Model(path: folder.file("tuned"))
    try written.verify()
    let frozen = try Model(path: folder.file("frozen-\(precision)"))
    let tensors = { (model: Model) in Set(model.entries.map { "\($0.name) \($0.dtype) \($0.shape)" }) }
    #expect(tensors(written) == tensors(frozen))
    // What was learnt is what the file does, on the photographs of the last training.
    let session = Session(model: written)
    var right = 0
    for photograph in photographs {
      let image = try Image(decoding: [UInt8](Data(contentsOf: URL(fileURLWithPath: photograph.path))))
      let input = MethodInput(image, written.description.preprocessing)
      let logits = try session.classify(input.values)
      if Self.classes[largest(1, of: logits)[0]] == photograph.labels[0] { right += 1 }
    }
    #expect(right >= tuning.tuned.right, "\(right) of 80, held out \(tuning.tuned.right)")
  }

  @Test func aWorseStageIsDropped() throws {
    let tuning = try #require(try tune(try model(.int8), rate: 30))
    #expect(!tuning.isKept && tuning.taught.layers.isEmpty)
  }

  /// Photographs that are given measure, and the network that was trained without them is the one that is kept.
  @Test func photographsThatAreGivenMeasure() throws {
    let heldOut = Set(photographs.indices.filter { $0 % 5 == 0 })
    let tuning = try #require(try tune(try model(.float32), rate: 1e-2, heldOut: heldOut))
    #expect(tuning.images == 16 && tuning.isKept)
  }

  @Test func theSameSeedTunesTheSame() throws {
    let model = try model(.int8)
    let (first, second) = (try tune(model, rate: 1e-2), try tune(model, rate: 1e-2, threads: 2))
    #expect(first?.taught.layers == second?.taught.layers && first?.taught.classifier == second?.taught.classifier)
    #expect(try tune(model, rate: 1e-2, stopping: 7) == nil)
  }

  @Test func theLastStageIsFound() throws {
    let bundled = try #require(LastStage(Model(path: Fixtures.bundledModel)))
    #expect(bundled.input == "blocks.5.1.add" && bundled.layers.count == 8)
    #expect(bundled.layers.last?.name == "classifier")
    #expect(LastStage(try model(.int8))?.input == "silu")
    // A network that has nothing between its first layer and its pooling.
    let network = RandomNetwork(
      layers: ["stem": (8, 3, 3)], build: { try $0.same("stem", $0.input, outputs: 8, kernel: 3) })
    #expect(LastStage(try network.model(.int8, channels: 8)) == nil)
  }
}
