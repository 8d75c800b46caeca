import Explain
import Foundation
import Kernels
import Testing

/// Model files that were edited, cut or damaged: the exact error, or a run within its limits.
@Suite struct HostileModelTests {
  /// How many damaged files are tried; `Tools/flip-bits.sh` asks for more than a test suite has time for.
  private static let trials = ProcessInfo.processInfo.environment["TTAME_FLIPS"].flatMap { Int($0) } ?? 400

  /// The bytes of a small model whose weights are random.
  private func wholeModel(_ precision: Precision = .int8, _ change: (inout TinyModel) -> Void = { _ in }) throws
    -> [UInt8]
  {
    let folder = try TemporaryFolder()
    var model = TinyModel(precision)
    var generator = SplitMix64(state: 7)
    for (name, tensor) in model.tensors.sorted(by: { $0.key < $1.key }) where name.hasSuffix(".weight") {
      if precision == .int8 {
        model.tensors[name]?.bytes = tensor.bytes.map { _ in UInt8(truncatingIfNeeded: generator.next()) }
      } else {
        model.add(name, floats: (0..<tensor.bytes.count / 4).map { _ in generator.signedUnit() }, tensor.shape)
      }
    }
    change(&model)
    try model.write(folder.file("m"))
    return try folder.contents("m")
  }

  private func headerEnd(_ file: [UInt8]) -> Int {
    8 + Int(file.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) })
  }

  /// The error that a file is refused with, or nil.
  private func refusal(_ bytes: [UInt8], in folder: TemporaryFolder) throws -> ModelError? {
    let path = try folder.write("n", bytes)
    do throws(ModelError) {
      _ = try Model(path: path)
      return nil
    } catch { return error }
  }

  @Test(arguments: MalformedModel.all)
  func refusesMalformedFiles(_ example: MalformedModel) throws {
    let folder = try TemporaryFolder()
    var whole = try wholeModel()
    switch example.part {
    case .description:
      var model = TinyModel()
      let json = try model.descriptionJSON()
      try #require(json.ranges(of: example.text).count == 1)
      model.json = json.replacing(example.text, with: example.replacement)
      try model.write(folder.file("m"))
      whole = try folder.contents("m")
    case .header:
      let end = headerEnd(whole)
      let header = String(decoding: whole[8..<end], as: UTF8.self)
      try #require(header.ranges(of: example.text).count == 1)
      var edited = Array(header.replacing(example.text, with: example.replacement).utf8)
      // The data stay aligned.
      edited += [UInt8](repeating: UInt8(ascii: " "), count: (56 - edited.count % 64 + 64) % 64)
      whole = withUnsafeBytes(of: UInt64(edited.count)) { Array($0) } + edited + whole[end...]
    }
    #expect(try refusal(whole, in: folder) == example.error)
    #expect(!example.error.description.contains("\n"))
  }

  @Test func dataOfAnotherLengthAreRefused() throws {
    let folder = try TemporaryFolder()
    let whole = try wholeModel()
    let end = headerEnd(whole)
    let data = whole.count - end
    #expect(try refusal(whole + [0], in: folder) == .safetensors(.trailingData(expected: data, found: data + 1)))
    #expect(
      try refusal(Array(whole[..<end]), in: folder)
        == .safetensors(.outOfRange(tensor: "conv.bias", end: 128, available: 0)))
    #expect(try refusal(whole, in: folder) == nil)
  }

  @Test func scalesThatVanishAreRefused() throws {
    let folder = try TemporaryFolder()
    // Kernels flush subnormal numbers to zero.
    let subnormal = try wholeModel { $0.set("dw.scale", 2, 1e-40) }
    let error = ModelError.badValue(tensor: "dw.scale", index: 2, value: 1e-40, expected: "a positive scale")
    #expect(try refusal(subnormal, in: folder) == error)
    // NaN is not equal to itself, nor is an error that carries it.
    let notANumber = try wholeModel { $0.set("fc.scale", 1, .nan) }
    let message = try refusal(notANumber, in: folder)?.description
    #expect(message == "tensor fc.scale holds nan at 1, expected a positive scale")
  }

  @Test func outputsThatAreNotFiniteAreNamed() throws {
    let folder = try TemporaryFolder()
    let bytes = try wholeModel { model in
      for channel in 0..<20 { model.set("dw.bias", channel, 1e30) }
      for index in 0..<5 { model.set("fc.scale", index, 3e38) }
    }
    let model = try Model(path: folder.write("m", bytes))
    let input = [Float](repeating: 0.5, count: model.description.graph.inputShape.count)
    #expect(throws: EngineError.notFinite(node: "fc")) { try Session(model: model, threads: 1).classify(input) }
    #expect(throws: EngineError.notFinite(node: "fc")) {
      try Session(model: model, threads: 1).explain(input) { _ in [0] }
    }
  }

  @Test(arguments: Precision.allCases)
  func everyTruncationIsRefused(_ precision: Precision) throws {
    let folder = try TemporaryFolder()
    let whole = try wholeModel(precision)
    let end = headerEnd(whole)
    for length in 0..<end {
      let error: SafetensorsError =
        length < 10 ? .tooShort(bytes: length) : .headerTruncated(bytes: end - 8, available: length - 8)
      #expect(try refusal(Array(whole.prefix(length)), in: folder) == .safetensors(error))
    }
    for length in stride(from: end, to: whole.count, by: 61) {
      guard case .safetensors(.outOfRange(_, _, length - end)) = try refusal(Array(whole.prefix(length)), in: folder)
      else {
        Issue.record("\(length) bytes")
        continue
      }
    }
  }

  @Test(arguments: Precision.allCases)
  func flippedBitsEndInAnErrorOrARun(_ precision: Precision) throws {
    let folder = try TemporaryFolder()
    let whole = try wholeModel(precision)
    let end = headerEnd(whole)
    var generator = SplitMix64(state: precision == .int8 ? 11 : 12)
    var (refused, ran) = (0, 0)
    for trial in 0..<Self.trials / 2 {
      var bytes = whole
      for _ in 0...Int(generator.next() % 3) {
        // Half of the files are damaged in their header, most of which a model's data would outweigh.
        let bit = Int(generator.next() % UInt64(8 * (trial % 2 == 0 ? end : whole.count)))
        bytes[bit / 8] ^= 1 << UInt8(bit % 8)
      }
      let path = try folder.write("n", bytes)
      guard let model = try? Model(path: path) else {
        refused += 1
        continue
      }
      try explain(model)
      ran += 1
    }
    #expect(refused > 0 && ran > 0 && refused + ran == Self.trials / 2)
    print("\(precision.rawValue): \(refused) damaged files were refused, \(ran) ran")
  }

  /// An explanation and its picture, or an error of the engine's own kinds.
  private func explain(_ model: Model) throws {
    let size = model.description.preprocessing.crop
    let photo = Image(width: size.width, height: size.height, pixels: noise(3 * size.count))
    let input = MethodInput(photo, model.description.preprocessing)
    let result = Result { () throws(EngineError) -> Explanation in
      try Session(model: model, threads: 1).explain(input.values) { logits in [logits.count - 1] }
    }
    switch result {
    case .success(let explanation):
      let isFinite = explanation.logits.allSatisfy { $0.isFinite }
      #expect(explanation.logits.count == model.description.classes && isFinite)
      let saliency = SaliencyMap(explanation.maps[0].normalized(), crop: size)
      let isSaliency = saliency.values.allSatisfy { (0...1).contains($0) }
      #expect(isSaliency)
      #expect(Renderer().overlay(photo, saliency).pixels.count == photo.pixels.count)
    case .failure(.notFinite(let node)): #expect(model.shapes[node] != nil)
    case .failure(.noHead): #expect(model.description.head == nil)
    case .failure(.outOfMemory(let bytes)): Issue.record("\(bytes) bytes are wanted")
    }
  }
}
