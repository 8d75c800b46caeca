import Kernels
import Testing

@testable import Explain

/// Int8 models in which some layers stay in Float, and what int8 costs each layer.
@Suite struct FloatLayerTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func imported(
    _ network: String, floatLayers: [String] = [], _ precision: Precision = .int8, head: HeadSource = .automatic,
    to name: String = "m"
  ) throws -> Model {
    var options = ImportOptions()
    (options.floatLayers, options.precision, options.head) = (floatLayers, precision, head)
    _ = try importModel(from: ONNXNetwork.path(network), to: folder.file(name), options: options)
    return try Model(path: folder.file(name))
  }

  private static func layers(of model: Model) -> [String] {
    model.description.graph.nodes.filter { $0.op is any ConvolutionOperator }.map(\.name)
  }

  /// With all layers in Float an int8 model computes what a Float model does.
  @Test(arguments: ["residual", "grouped", "dense", "hardswish", "flatten", "inception"])
  func allLayersInFloat(_ network: String) throws {
    let mixed = try imported(network, floatLayers: ["*"])
    let float = try imported(network, .float32, to: "f")
    let (_, picture) = try ONNXNetwork.all.first { $0.name == network }?.expected() ?? ([], [])
    for tier in CPUTier.available {
      let logits = try [mixed, float].map { try Session(model: $0, tier: tier, threads: 2).classify(picture) }
      #expect(logits[0] == logits[1], "\(tier)")
    }
    #expect(mixed.entries.allSatisfy { $0.dtype == .f32 })
  }

  /// Every layer alone in Float, and alone in int8: closer to Float than with all in int8, or nearly so.
  @Test(arguments: ["residual", "grouped", "hardswish"]) func anyLayerMayBeInFloat(_ network: String) throws {
    let int8 = try imported(network)
    let float = try imported(network, .float32, to: "f")
    let fixture = try #require(ONNXNetwork.all.first { $0.name == network })
    let (expected, picture) = try fixture.expected()
    let layers = Self.layers(of: int8)
    let models = MixedModel(int8: int8, float: float)
    #expect(models.layers == layers)
    for tier in CPUTier.available {
      func cosine(_ model: Model) throws -> Double {
        Similarity.cosine(try Session(model: model, tier: tier, threads: 2).classify(picture), expected)
      }
      let all = try cosine(int8)
      for layer in layers {
        let alone = try cosine(imported(network, floatLayers: [layer], to: "one"))
        let others = try cosine(models.keepingFloat(Set(layers).subtracting([layer])))
        #expect(alone > 0.999 && others > min(all, 0.9999), "\(tier) \(layer): \(alone) \(others)")
        #expect(try cosine(models.keepingFloat([layer])) > 0.999)
      }
      #expect(try cosine(models.keepingFloat(Set(layers))) > 0.999999)
    }
  }

  @Test func patternsChooseLayers() throws {
    let names = Self.layers(of: try imported("residual"))
    let model = try imported("residual", floatLayers: [names[1], "*second*"])
    let isFloat = { (name: String) in name == names[1] || name.contains("second") }
    for case let (name, op as any ConvolutionOperator) in model.description.graph.nodes.map({ ($0.name, $0.op) }) {
      #expect((op.weights.scale == nil) == isFloat(name), "\(name)")
      #expect(op.attributes.precision == (isFloat(name) ? .float32 : nil))
    }
    #expect(model.description.floatLayers == names.filter(isFloat))
    let path = "/" + names[1].split(separator: ".").joined(separator: "/")
    #expect(try imported("residual", floatLayers: [path], to: "p").int8Layers == model.int8Layers + 2)
    // In a Float model there is nothing to choose.
    #expect(
      try imported("residual", floatLayers: ["*"], .float32).description
        == imported("residual", .float32, to: "f").description)
    for (patterns, wrong) in [(["fcc"], "fcc"), (["*", "x*y"], "x*y"), ([""], "")] {
      do {
        _ = try imported("residual", floatLayers: patterns, to: "none")
        Issue.record("\(patterns) are accepted")
      } catch ImportError.unknownFloatLayer(let pattern, _) { #expect(pattern == wrong) }
    }
    #expect(!folder.names.contains("none"))
  }

  @Test func starsMatchAnyText() {
    for (pattern, name, expected) in [
      ("a*c", "abbc", true), ("a*c", "abcb", false), ("*", "", true), ("a", "ab", false), ("*a*b*", "xxaxxbxx", true),
      ("*ab", "aab", true), ("a**b", "ab", true), ("", "a", false),
      ("*a*a*a*a*a*a*a*a*b", String(repeating: "a", count: 5000), false),
    ] {
      var patterns = LayerPatterns([pattern])
      #expect(patterns.match(name) == expected, "\(pattern) \(name)")
      #expect((patterns.firstUnmatched == nil) == expected)
    }
  }

  /// Class Activation Mapping shares the classifier's weights, whatever their precision.
  @Test func aClassifierInFloatHasMaps() throws {
    let classifier = try #require(Self.layers(of: try imported("softmax")).last)
    let model = try imported("softmax", floatLayers: [classifier], head: .cam)
    #expect(model.description.head?.branches.last?.fuse?.precision == .float32)
    let (_, picture) = try ONNXNetwork.all.first { $0.name == "softmax" }?.expected() ?? ([], [])
    let maps = try [model, imported("softmax", .float32, head: .cam, to: "f")].map {
      try Session(model: $0, threads: 1).explain(picture) { _ in [3] }.maps[0].values
    }
    #expect(try #require(Similarity.correlation(maps[0], maps[1])) > 0.999)
  }

  /// Gradients and training read the weights of both kinds.
  @Test(arguments: ["conv", "dw", "fc"]) func trainingReadsBothKinds(_ layer: String) throws {
    func loss(_ floatLayers: Set<String>) throws -> [Float] {
      let fixture = try OperatorFixture([Node("relu6", Activation.relu6, ["conv"])], .int8)
      let float = try OperatorFixture([Node("relu6", Activation.relu6, ["conv"])], .float32)
      let model = MixedModel(int8: fixture.model, float: float.model).keepingFloat(floatLayers)
      let head = try HeadParameters.random(.lcam, channels: HeadForm.lcam.channels(of: model), classes: 5, seed: 1)
      let step = try TrainingStep(
        model, head, images: 1, precision: .float32, weights: LossWeights(), context: ExecutionContext(threads: 1))
      let crop = (0..<8 * 8 * 3).map { UInt8($0 * 37 % 256) }
      let input = MethodInput(Image(width: 8, height: 8, pixels: crop), model.description.preprocessing)
      let expected = try Session(model: model, tier: .reference, threads: 1).classify(input.values)
      let found = step.run(crop).logits
      // The pass of training is in Float, so that only the rounding of activations differs.
      #expect(relativeError(found, expected) < 0.05, "\(found) \(expected)")
      return found
    }
    #expect(try loss([layer]) != loss([]))
  }

  @Test func theCheckFindsTheLayerThatLoses() throws {
    let float = try imported("residual", .float32, to: "f")
    let int8 = try imported("residual")
    let check = QuantizationCheck(int8: int8, float: float, threads: 1)
    #expect(check.cosine == nil && check.correlation == nil)
    let (_, picture) = try ONNXNetwork.all.first { $0.name == "residual" }?.expected() ?? ([], [])
    try check.add(picture)
    try check.add(picture.map { $0 / 2 })
    let (cosine, correlation) = (try #require(check.cosine), try #require(check.correlation))
    #expect(check.images == 2 && check.agreeing == 2)
    #expect(cosine.mean > 0.999 && cosine.mean < 1 && cosine.least <= cosine.mean && correlation.mean > 0.99)
    let logits = try [int8, float].map { try Session(model: $0, threads: 1).classify(picture) }
    let first = Similarity.cosine(logits[0], logits[1])
    #expect(abs((cosine.leastImage == 0 ? cosine.least : 2 * cosine.mean - cosine.least) - first) < 1e-9)
    let remedy = try #require(try check.remedy())
    #expect(remedy.losses.map(\.error) == remedy.losses.map(\.error).sorted(by: >))
    #expect(remedy.losses.allSatisfy { $0.error > 0 && $0.error < 0.1 })
    #expect(abs(remedy.cosineInInt8 - cosine.mean) < 1e-9)
    #expect(remedy.layers.isEmpty || remedy.cosine > max(0.999, remedy.cosineInInt8))
    #expect(remedy.layers.isEmpty || remedy.losses.allSatisfy { $0.cosineInFloat <= remedy.cosine })
  }

  /// A layer whose scales are spoilt is found, and keeping it in Float mends the model.
  @Test func aSpoiltLayerIsFound() throws {
    let float = try imported("residual", .float32, to: "f")
    let layers = Self.layers(of: try imported("residual"))
    for layer in [layers[0], layers[3]] {
      let path = folder.file("m")
      var bytes = try folder.contents("m")
      let file = try Safetensors(path: path)
      let start = try #require(file.entries["\(layer).scale"]).byteRange.lowerBound
      bytes.withUnsafeMutableBytes { raw in
        for offset in stride(from: start, to: start + 4 * 8, by: 8) {
          raw.storeBytes(
            of: raw.loadUnaligned(fromByteOffset: offset, as: Float.self) * 1.7, toByteOffset: offset, as: Float.self)
        }
      }
      let spoilt = try Model(path: folder.write("spoilt", bytes))
      let check = QuantizationCheck(int8: spoilt, float: float, threads: 1)
      let (_, picture) = try ONNXNetwork.all.first { $0.name == "residual" }?.expected() ?? ([], [])
      try check.add(picture)
      let remedy = try #require(try check.remedy())
      #expect(remedy.losses[0].layer == layer && remedy.losses[0].error > 0.1)
      #expect(remedy.layers.contains(layer) && remedy.cosine > max(0.999, remedy.cosineInInt8))
    }
  }
}

extension Model {
  /// How many layers are in int8.
  fileprivate var int8Layers: Int { entries.count { $0.name.hasSuffix(".scale") } }
}
