import Foundation
import Kernels
import Testing

@testable import Explain

/// Networks of `Fixtures/onnx/formats`, by `Tools/onnx/formats.py`: quantized by onnxruntime (QDQ), or stored as float16 or bfloat16.
@Suite struct ONNXFormatTests {
  private static let fixtures = "\(ONNXFixture.folder)/formats"
  private static let quantized = [
    "qdq", "qdq_bytes", "qdq_signed", "qdq_symmetric", "qdq_matmul", "qdq_softmax", "fake_quantized",
  ]
  private static let names = quantized + ["half", "half_input", "half_pools", "half_vit", "bfloat16"]

  private let folder: TemporaryFolder
  private let golden: GoldenFile

  init() throws {
    folder = try TemporaryFolder()
    golden = try GoldenFile(path: "\(Self.fixtures)/expected.safetensors")
  }

  private func imported(_ name: String, _ precision: Precision) throws -> Model {
    var options = ImportOptions()
    options.precision = precision
    _ = try importModel(from: "\(Self.fixtures)/\(name).onnx", to: folder.file("m"), options: options)
    return try Model(path: folder.file("m"))
  }

  private var picture: [Float] {
    let planes = golden.f32("input")
    let pixels = planes.count / 3
    return (0..<planes.count).map { planes[$0 % 3 * pixels + $0 / 3] }
  }

  @Test func everyFixtureHasItsTests() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: Self.fixtures).filter { $0.hasSuffix(".onnx") }
    #expect(Set(files) == Set(Self.names.map { "\($0).onnx" }))
  }

  /// The network with the file's weights and without rounded activations, as onnxruntime computes it in float32.
  @Test(arguments: names) func floatLogitsAreThoseOfTheDequantizedWeights(_ name: String) throws {
    let expected = golden.f32(name)
    let found = try Session(model: imported(name, .float32), threads: 1).classify(picture)
    let error = LogitComparison(found, expected).error
    #expect(error < 1e-5, "\(error)")
  }

  @Test(arguments: names) func int8LogitsStayClose(_ name: String) throws {
    let model = try imported(name, .int8)
    for tier in CPUTier.available {
      let found = try Session(model: model, tier: tier, threads: 2).classify(picture)
      let cosine = LogitComparison(found, golden.f32(name)).cosine
      #expect(cosine > (name.hasSuffix("vit") || name == "qdq_matmul" ? 0.99 : 0.999), "\(tier): \(cosine)")
    }
  }

  /// What onnxruntime makes of the file, rounded activations and all.
  @Test(arguments: names.filter { $0 != "half" && $0 != "qdq_softmax" }) func logitsAreCloseToTheFiles(_ name: String)
    throws
  {
    let found = try Session(model: imported(name, .int8), threads: 1).classify(picture)
    let cosine = LogitComparison(found, golden.f32("\(name).file")).cosine
    #expect(cosine > 0.99, "\(cosine)")
  }

  /// Integers below 128 and their scales are taken over, whether or not one of a channel's is 127.
  @Test(arguments: [("qdq", true), ("qdq_bytes", false), ("qdq_signed", false), ("qdq_symmetric", false)])
  func integersAreTakenOver(_ name: String, isNormalized: Bool) throws {
    let model = try imported(name, .int8)
    let convolutions = model.description.graph.nodes.filter { $0.op is Convolution }
    let node = try #require(convolutions.dropFirst().first)
    let names = try #require(model.names(node.name))
    let (packed, scales) = (model.int8(names.weight), model.floats(try #require(names.scale)))
    let shape = golden.shape("\(name).codes")
    let (codes, units) = (golden.f32("\(name).codes"), golden.f32("\(name).scales"))
    let reduction = ReductionLayout(
      kernelHeight: shape[2], kernelWidth: shape[3], channels: shape[1],
      groups: ChannelGroups(1, outputs: shape[0]))
    let (taps, length) = (shape[2] * shape[3], shape[1] * shape[2] * shape[3])
    var taken = 0
    for n in 0..<shape[0] {
      let stored = (0..<length).map { codes[n * length + $0 % shape[1] * taps + $0 / shape[1]] }
      guard stored.allSatisfy({ $0.magnitude <= 127 }) else { continue }
      taken += 1
      var row = [Int8](repeating: 0, count: length)
      reduction.unpackRow(n, of: packed, into: &row)
      #expect(row.map(Float.init) == stored, "\(n)")
      if !isNormalized { #expect(scales[n] == units[n], "\(n)") }
    }
    #expect(taken >= shape[0] - 1)
    #expect(Set(codes.map(\.magnitude)).contains(127))
  }

  /// `Quantizer` alone would find other integers where none is 127, because it has finer ones to offer.
  @Test func theQuantizerWouldFindOtherIntegers() {
    let row = (0..<32).map { Float($0 - 16) * 0.5 }
    var codes = [Int8](repeating: 0, count: row.count)
    _ = Quantizer.quantize(row, count: row.count, into: &codes)
    #expect(codes[0] == -127)
  }

  /// A pair whose zero is the least integer stands for the Relu that the exporter left out, one of 0...6 for ReLU6.
  @Test func pairsCutOffWhatFunctionsDid() throws {
    func functions(_ name: String) throws -> [String] {
      try imported(name, .float32).description.graph.nodes.compactMap { ($0.op as? Activation)?.function.name }
    }
    #expect(try functions("qdq") == Array(repeating: "relu", count: 5))
    let clipped = try functions("qdq_bytes")
    #expect(clipped.count == 3 && clipped.allSatisfy { $0.hasPrefix("relu") })
    #expect(try functions("qdq_signed").count == 3)
    #expect(try functions("half_input") == functions("bfloat16"))
  }

  @Test func softmaxBehindACastIsLeftOut() throws {
    for name in ["half", "qdq_softmax"] {
      #expect(try !imported(name, .float32).description.graph.nodes.contains { $0.op is Softmax })
    }
  }

  /// Whatever becomes of the bytes: a model or an error.
  @Test(.disabled(if: Emulation.isRepeated, Emulation.ranBefore), arguments: ["qdq_bytes", "qdq_signed", "half"])
  func changedBytesAreNoTrap(_ name: String) throws {
    let whole = try fileBytes("\(Self.fixtures)/\(name).onnx")
    var random = SplitMix64(state: UInt64(name.utf8.count))
    var refused = 0
    for _ in 0..<300 {
      var bytes = whole
      for _ in 0...random.next() % 3 {
        bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next() >> 9)
      }
      let path = try folder.write("changed.onnx", bytes)
      do throws(ImportError) {
        _ = try importModel(from: path, to: folder.file("m"))
      } catch { refused += 1 }
    }
    #expect(refused > 20)
  }
}
