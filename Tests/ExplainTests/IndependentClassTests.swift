import Foundation
import Glibc
import Kernels
import Testing

@testable import Explain

/// Classifiers whose classes do not exclude each other: a sigmoid for each.
@Suite struct IndependentClassTests {
  private let folder: TemporaryFolder
  private let network: ONNXNetwork
  /// The network with a sigmoid at its end in place of the softmax.
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    network = try #require(ONNXNetwork.all.first { $0.name == "softmax" })
    let (from, to) = (Array("Softmax".utf8), Array("Sigmoid".utf8))
    var bytes = try fileBytes(network.path)
    for start in 0..<bytes.count - from.count where Array(bytes[start..<start + from.count]) == from {
      bytes.replaceSubrange(start..<start + from.count, with: to)
    }
    path = try folder.write("sigmoid.onnx", bytes)
  }

  private func imported(
    _ path: String, _ outputs: OutputFunction? = nil, _ precision: Precision = .float32
  ) throws -> Model {
    var options = ImportOptions()
    (options.outputs, options.precision) = (outputs, precision)
    _ = try importModel(from: path, to: folder.file("m"), options: options)
    return try Model(path: folder.file("m"))
  }

  @Test(arguments: Precision.allCases) func aSigmoidAtTheEndIsRemembered(_ precision: Precision) throws {
    let model = try imported(path, nil, precision)
    #expect(model.description.outputs == .sigmoid && model.description.classes == 7 && model.description.logits == nil)
    let session = Session(model: model, threads: 1)
    let (expected, picture) = try network.expected()
    let logits = try session.classify(picture)
    let found = session.probabilities(logits)
    for (index, logit) in expected.enumerated() {
      let probability = 1 / (1 + exp(-Double(logit)))
      #expect(abs(Double(found[index]) - probability) < (precision == .float32 ? 1e-5 : 0.02))
    }
    let masked = try session.maskedConfidence(
      Image(width: 32, height: 32, pixels: [UInt8](repeating: 90, count: 32 * 32 * 3)))
    #expect(masked.probability > 0.2 && masked.masked.values.allSatisfy { (0...1).contains($0) })
  }

  @Test func theUserDecides() throws {
    #expect(try imported(path, .softmax).description.outputs == nil)
    #expect(try imported(network.path).description.outputs == nil)
    #expect(try imported(network.path, .sigmoid).description.outputs == .sigmoid)
    let model = try imported(network.path, .sigmoid)
    #expect(try ModelDescription(json: model.description.json()) == model.description)
  }

  @Test func weightsMayTell() throws {
    let weights = SyntheticWeights.resNet18(classes: 3)
    for (text, outputs) in [("sigmoid", OutputFunction.sigmoid), ("softmax", nil)] {
      let values = try weights.writeRandom(folder.file("w"), seed: 3)
      let writer = try SafetensorsWriter(
        path: folder.file("w2"),
        tensors: values.keys.sorted().map { SafetensorsWriter.Declaration($0, .f32, weights.shapes[$0] ?? []) },
        metadata: ["probabilities": text])
      for (name, values) in values { try writer.write(values, to: name) }
      _ = try writer.finish()
      #expect(try imported(folder.file("w2")).description.outputs == outputs)
    }
  }

  /// One output is a binary classifier, whatever is said of it.
  @Test func oneOutputStaysBinary() throws {
    _ = try SyntheticWeights.resNet18(classes: 1).writeRandom(folder.file("w"), seed: 3)
    let description = try imported(folder.file("w"), .sigmoid).description
    #expect(description.outputs == nil && description.logits == 1 && description.classes == 2)
  }

  @Test func classesReachAThreshold() {
    let probabilities: [Float] = [0.5, 0.9, 0.4999, 1, 0.9]
    let logits: [Float] = [0, 2.2, -0.1, 20, 2.3]
    #expect(classes(reaching: 0.5, probabilities: probabilities, logits: logits) == [3, 4, 1, 0])
    #expect(classes(reaching: 0.5, probabilities: probabilities, logits: logits, most: 2) == [3, 4])
    #expect(classes(reaching: 1, probabilities: probabilities, logits: logits) == [3])
    #expect(classes(reaching: 0, probabilities: probabilities, logits: logits).count == 5)
    #expect(classes(reaching: 0.6, probabilities: [0.5], logits: [0]).isEmpty)
  }

  /// Score-CAM's softmax is over channels, not over classes.
  @Test func scoreCAMIsThatOfTheLogits() throws {
    let (_, picture) = try network.expected()
    let crop = Image(width: 32, height: 32, pixels: [UInt8](repeating: 100, count: 32 * 32 * 3))
    let maps = try [OutputFunction.softmax, .sigmoid].map { outputs in
      let session = Session(model: try imported(network.path, outputs), threads: 1)
      let method = try MethodName.scoreCAM.makeMethod(session, MethodOptions())
      return try method.explain(MethodInput(crop: crop, values: picture)) { _ in [2] }.maps[0].values
    }
    #expect(maps[0] == maps[1])
  }

  @Test func lossOfALabelThatIsThere() {
    for logit: Float in [-60, -3, 0, 0.7, 40] {
      let logits: [Float] = [5, logit, -5]
      var gradient: [Float] = [1, 1, 1]
      let loss = BinaryCrossEntropy.evaluate(logits, count: 3, label: 1, scale: 2, gradient: &gradient)
      let exact = -log(1 / (1 + exp(-Double(logit))))
      #expect(abs(loss - exact) < 1e-9 * max(1, exact))
      let slope = 1 / (1 + exp(-Double(logit))) - 1
      #expect(gradient[0] == 0 && gradient[2] == 0 && abs(Double(gradient[1]) - 2 * slope) < 1e-6)
    }
  }

  /// Every label that is rather there than not has its turn; where none is, it is the most probable one's.
  @Test func confidentLabelsTakeTurns() throws {
    var generator = SplitMix64(state: 5)
    let crops = (0..<2 * 32 * 32 * 3).map { _ in UInt8((generator.signedUnit() + 1) * 127) }
    let model = try imported(path)
    let head = try HeadParameters.random(
      .lcam, channels: HeadForm.lcam.channels(of: model), classes: 7, seed: 1)
    let step = try TrainingStep(
      model, head, images: 2, precision: .float32, weights: LossWeights(), context: ExecutionContext(threads: 1))
    var (seen, most) = ([Set<Int>](repeating: [], count: 2), 0)
    for turn in 0..<7 {
      let result = step.run(crops, turn: turn)
      var crossEntropy = 0.0
      for image in 0..<2 {
        let logits = Array(result.logits[7 * image..<7 * (image + 1)])
        let confident = logits.indices.filter { logits[$0] >= 0 }
        seen[image].insert(result.labels[image])
        #expect(
          confident.isEmpty
            ? result.labels[image] == largest(1, of: logits)[0] : confident.contains(result.labels[image]))
        if turn == 6 { #expect(seen[image].count == max(1, confident.count)) }
        most = max(most, confident.count)
        crossEntropy += log1p(exp(-Double(result.maskedLogits[7 * image + result.labels[image]]))) / 2
      }
      #expect(abs(result.loss.crossEntropy - crossEntropy) < 1e-5)
    }
    #expect(most > 1)
  }
}
