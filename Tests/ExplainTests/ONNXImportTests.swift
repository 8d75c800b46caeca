import Foundation
import Kernels
import Testing

@testable import Explain

/// Networks that PyTorch exports, against onnxruntime.
@Suite struct ONNXImportTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func everyFixtureHasItsTests() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: ONNXNetwork.folder).filter { $0.hasSuffix(".onnx") }
    #expect(Set(files) == Set((ONNXNetwork.all.map(\.name) + ["unsupported"]).map { "\($0).onnx" }))
  }

  @Test(arguments: ONNXNetwork.all) func floatLogitsAreONNXRuntimes(_ network: ONNXNetwork) throws {
    let model = try network.imported(.float32, to: folder.file("m"))
    let (expected, picture) = try network.expected()
    for tier in CPUTier.available {
      let found = try Session(model: model, tier: tier, threads: 2).classify(picture)
      let error = LogitComparison(found, expected).error
      #expect(error < 1e-5, "\(tier): \(error)")
    }
  }

  @Test(arguments: ONNXNetwork.all) func int8LogitsStayClose(_ network: ONNXNetwork) throws {
    let model = try network.imported(.int8, to: folder.file("m"))
    let (expected, picture) = try network.expected()
    for tier in CPUTier.available {
      let found = try Session(model: model, tier: tier, threads: 2).classify(picture)
      let cosine = LogitComparison(found, expected).cosine
      #expect(cosine >= network.leastCosine, "\(tier): \(cosine)")
    }
  }

  @Test(arguments: ONNXNetwork.all) func featureLayersAreTheSmallestResolutions(_ network: ONNXNetwork) throws {
    let model = try network.imported(.int8, to: folder.file("m"))
    let description = model.description
    #expect(description.architecture == "onnx" && description.name == network.name && description.classes == 7)
    #expect(description.preprocessing.crop == 32 && description.preprocessing.resize == 36)
    #expect(description.featureLayers.map { model.shapes[$0.node] } == network.shapes)
    #expect((description.head != nil) == network.hasClassActivationMap)
  }

  @Test(arguments: ONNXNetwork.all) func pooledClassifiersHaveClassActivationMaps(_ network: ONNXNetwork) throws {
    guard network.hasClassActivationMap else {
      #expect(throws: ImportError.noClassActivationMapping(architecture: "onnx")) {
        try network.imported(.int8, head: .cam, to: folder.file("m"))
      }
      return
    }
    let model = try network.imported(.float32, head: .cam, to: folder.file("m"))
    #expect(model.description.head?.kind == .cam)
    let (_, picture) = try network.expected()
    let explanation = try Session(model: model, threads: 1).explain(picture) { _ in [4] }
    // The mean of a class's map is its logit, where all pixels of the features are enlarged alike.
    guard network.name != "ceiling" else { return }
    let map = try #require(explanation.maps.first).values
    let mean = map.reduce(0, +) / Float(map.count)
    let largest = map.reduce(1) { max($0, abs($1)) }
    #expect(abs(mean - explanation.logits[4]) < 1e-5 * largest, "\(mean) \(explanation.logits)")
  }

  /// A normalization behind the pooling divides the map by one number, and subtracts from the features what all channels share.
  @Test(arguments: ["convnext", "convnext2"]) func normalizedPoolsHaveClassActivationMaps(_ name: String) throws {
    let network = try #require(ONNXNetwork.all.first { $0.name == name })
    let model = try network.imported(.float32, to: folder.file("m"))
    let rows = try #require(ClassifierRows(model))
    #expect(rows.needsNegatives)
    let node = try #require(model.description.featureLayers.last).node
    let shape = try #require(model.shapes[node])
    let session = Session(model: model, threads: 1)
    let (_, picture) = try network.expected()
    let features = try #require(try session.features(picture, nodes: [node])[node])
    let logits = try session.classify(picture)
    let means = (0..<shape.channels).map { c in
      stride(from: c, to: features.count, by: shape.channels).reduce(Float(0)) { $0 + features[$1] }
        / Float(shape.pixels)
    }
    let mean = means.reduce(0, +) / Float(means.count)
    let variance = means.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Float(means.count)
    var row = [Float](repeating: 0, count: shape.channels)
    for label in logits.indices {
      let bias = row.withUnsafeMutableBufferPointer { rows.read(label, into: $0) }
      let activation = zip(row, means).reduce(0) { $0 + $1.0 * $1.1 }
      #expect(abs(activation / variance.squareRoot() + bias - logits[label]) < 1e-3 * max(1, abs(logits[label])))
    }
  }

  @Test(arguments: ONNXNetwork.all) func importsAreReproducible(_ network: ONNXNetwork) throws {
    _ = try network.imported(.int8, to: folder.file("a"))
    _ = try network.imported(.int8, to: folder.file("b"))
    #expect(try folder.contents("a") == folder.contents("b"))
  }

  /// Training replaces nodes whose names begin with `head.`; a classifier with such a name is none of them.
  @Test func noNodeHasTheNameOfAHead() throws {
    let network = try #require(ONNXNetwork.all.first { $0.name == "silu" })
    let model = try network.imported(.int8, head: .none, to: folder.file("m"))
    #expect(model.description.graph.output.hasSuffix("head.Gemm"))
    #expect(!model.description.graph.nodes.contains { $0.name.hasPrefix(HeadDescription.prefix) })
  }

  @Test func unknownOperatorsAreNamed() throws {
    let error = ImportError.unsupportedNode(
      "LRN norm (alpha 0.5, size 5)", reason: "operator LRN is not supported")
    #expect(throws: error) { try importModel(from: ONNXNetwork.path("unsupported"), to: folder.file("m")) }
    #expect("\(error)" == "node LRN norm (alpha 0.5, size 5): operator LRN is not supported")
    #expect(folder.names == [])
  }

  @Test(arguments: ["flatten", "slopes", "silu_dynamo"]) func cutFilesAreRefused(_ name: String) throws {
    let whole = try fileBytes(ONNXNetwork.path(name))
    for part in 0..<24 {
      let path = try folder.write("cut.onnx", Array(whole.prefix(whole.count * part / 24)))
      #expect(throws: ImportError.self) { try importModel(from: path, to: folder.file("m")) }
    }
    #expect(folder.names == ["cut.onnx"])
  }

  /// Whatever becomes of the bytes: a model or an error.
  @Test(
    .disabled(if: Emulation.isRepeated, Emulation.ranBefore),
    arguments: ["silu", "mean", "reshape", "vit", "written_norm_dynamo"])
  func changedBytesAreNoTrap(_ name: String) throws {
    let whole = try fileBytes(ONNXNetwork.path(name))
    var random = SplitMix64(state: UInt64(name.utf8.count))
    // Nodes lie before the weights.
    let nodes = UInt64(min(whole.count, name.hasPrefix("vit") ? 50_000 : name.hasPrefix("written") ? 10_000 : 2500))
    var refused = 0
    for _ in 0..<300 {
      var bytes = whole
      for _ in 0...random.next() % 3 {
        bytes[Int(random.next() % nodes)] = UInt8(truncatingIfNeeded: random.next() >> 9)
      }
      let path = try folder.write("changed.onnx", bytes)
      do throws(ImportError) {
        _ = try importModel(from: path, to: folder.file("m"))
      } catch { refused += 1 }
    }
    #expect(refused > 100)
  }
}
