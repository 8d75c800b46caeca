@testable import Explain
import Foundation
import Testing

@Suite(.disabled(if: Emulation.isRepeated, Emulation.ranBefore)) struct ImportHeadTests {
  private let channels = [128, 256, 512]

  private func importHead(
    _ head: SyntheticWeights, dtypes: [String: DType] = [:], precision: Precision = .int8
  ) throws -> Model {
    let folder = try TemporaryFolder()
    try SyntheticWeights.resNet18(classes: 3).writeZeros(folder.file("w"))
    try head.writeZeros(folder.file("head"), dtypes: dtypes)
    var options = ImportOptions()
    options.head = .file(folder.file("head"))
    options.precision = precision
    do {
      _ = try importModel(from: folder.file("w"), to: folder.file("m"), options: options)
    } catch {
      guard case .head(_, let cause) = error else { throw error }
      throw cause
    }
    return try Model(path: folder.file("m"))
  }

  @Test(arguments: ["", "head."], Precision.allCases)
  func appendsBranchesAndFuseLayers(_ prefix: String, _ precision: Precision) throws {
    let model = try importHead(.head(channels, rows: 3, prefix: prefix), precision: precision)
    let head = try #require(model.description.head)
    #expect(head.kind == .ttame && head.bias == "head.fuse.bias")
    #expect(head.branches.map(\.node) == (0..<3).map { "head.branch.\($0).relu" })
    for index in 0..<3 {
      let scale = precision == .int8 ? "head.fuse.\(index).scale" : nil
      #expect(
        head.branches[index].fuse == HeadDescription.FuseWeights(weight: "head.fuse.\(index).weight", scale: scale))
      let feature = model.description.featureLayers[index].node
      let nodes = model.description.graph.nodes
      #expect(nodes.first { $0.name == "head.branch.\(index).conv" }?.inputs == [feature])
      #expect(nodes.first { $0.name == "head.branch.\(index).add" }?.inputs == ["head.branch.\(index).conv", feature])
    }
    // The classifier's nodes come first, so that an engine may stop behind them.
    let names = model.description.graph.nodes.map(\.name)
    #expect(try #require(names.firstIndex(of: "fc")) < (try #require(names.firstIndex(of: "head.branch.0.conv"))))
  }

  /// The features themselves are the branch.
  @Test func aBranchMayHaveNoConvolution() throws {
    var head = SyntheticWeights.head(channels, rows: 3)
    head.shapes = head.shapes.filter { !$0.key.hasPrefix("branch.1.") }
    let model = try importHead(head)
    let features = model.description.featureLayers.map(\.node)
    let branches = try #require(model.description.head).branches
    #expect(branches.map(\.node) == ["head.branch.0.relu", features[1], "head.branch.2.relu"])
    #expect(branches.allSatisfy { $0.fuse != nil })
    // Part of a branch is a file that lacks something.
    head.shapes["branch.1.conv.bias"] = [channels[1]]
    #expect(throws: ImportError.self) { try importHead(head) }
  }

  /// The reference implementation's checkpoints: a CNN's, a Vision Transformer's, and the attention mechanism alone.
  @Test(arguments: ["generic.attn_mech.", "generic.attn_mech.1.", "attn_mech."])
  func readsTheReferencesAttentionMechanism(_ prefix: String) throws {
    let head = NamedWeights(.head(channels, rows: 3), seed: 12)
    var checkpoint = head.renamed([
      #"^branch\.(\d+)\.conv"#: "\(prefix)convs.$1", #"^branch\.(\d+)\.bn"#: "\(prefix)bns.$1",
      "^fuse": "\(prefix)fuser",
    ])
    // The checkpoint holds the classifier too, and what only training needs.
    for (name, shape) in [("generic.body.conv1.weight", [4]), ("\(prefix)bns.0.num_batches_tracked", [1])] {
      checkpoint.weights.shapes[name] = shape
      checkpoint.values[name] = [Float](repeating: 1, count: shape[0])
    }
    let folder = try TemporaryFolder()
    try SyntheticWeights.resNet18(classes: 3).writeZeros(folder.file("w"))
    try head.write(folder.file("h"))
    try checkpoint.write(folder.file("c"))
    var options = ImportOptions()
    for (file, output) in [("h", "a"), ("c", "b")] {
      options.head = .file(folder.file(file))
      _ = try importModel(from: folder.file("w"), to: folder.file(output), options: options)
    }
    #expect(try folder.contents("a") == folder.contents("b"))

    checkpoint.values["\(prefix)bns.2.bias"] = nil
    checkpoint.values["\(prefix)convs.3.weight"] = [1]
    checkpoint.weights.shapes["\(prefix)convs.3.weight"] = [1]
    try checkpoint.write(folder.file("c"))
    #expect(throws: ImportError.head(path: folder.file("c"), .missingTensors(["\(prefix)bns.2.bias"]))) {
      try importModel(from: folder.file("w"), to: folder.file("b"), options: options)
    }
    checkpoint.values["\(prefix)bns.2.bias"] = [Float](repeating: 0, count: 512)
    try checkpoint.write(folder.file("c"))
    #expect(throws: ImportError.head(path: folder.file("c"), .unexpectedTensors(["\(prefix)convs.3.weight"]))) {
      try importModel(from: folder.file("w"), to: folder.file("b"), options: options)
    }
  }

  @Test(arguments: [("TTAME", "vit_b_16", false), ("TAttentionV3", "vit_b_16", false), ("TTAME", "resnet50", true)])
  func refusesOtherAttentionMechanisms(_ version: String, _ model: String, _ isRead: Bool) throws {
    var head = NamedWeights(.head(channels, rows: 3), seed: 12).renamed([
      #"^branch\.(\d+)\.conv"#: "attn_mech.convs.$1", #"^branch\.(\d+)\.bn"#: "attn_mech.bns.$1",
      "^fuse": "attn_mech.fuser",
    ])
    head.weights.metadata = ["attention_version": version, "model_name": model]
    let folder = try TemporaryFolder()
    try SyntheticWeights.resNet18(classes: 3).writeZeros(folder.file("w"))
    try head.write(folder.file("h"))
    var options = ImportOptions()
    options.head = .file(folder.file("h"))
    let result = Result { try importModel(from: folder.file("w"), to: folder.file("m"), options: options) }
    if isRead {
      #expect(throws: Never.self) { try result.get() }
    } else {
      #expect(throws: ImportError.head(path: folder.file("h"), .unsupportedHeadVersion(version))) { try result.get() }
    }
  }

  @Test func namesWhatIsWrong() throws {
    var head = SyntheticWeights.head(channels, rows: 3, prefix: "head.")
    head.shapes["head.branch.1.bn.bias"] = nil
    head.shapes["head.fuse.bias"] = nil
    #expect(throws: ImportError.missingTensors(["head.branch.1.bn.bias", "head.fuse.bias"])) {
      try importHead(head)
    }
    head = .head(channels, rows: 3, prefix: "head.")
    head.shapes["head.branch.3.conv.weight"] = [1]
    #expect(throws: ImportError.unexpectedTensors(["head.branch.3.conv.weight"])) { try importHead(head) }
    #expect(
      throws: ImportError.wrongShape(
        tensor: "branch.0.conv.weight", expected: [128, 128, 1, 1], found: [64, 64, 1, 1])
    ) { try importHead(.head([64, 256, 512], rows: 3)) }
    #expect(throws: ImportError.wrongHeadClasses(rows: 2, classes: 3, indices: [])) {
      try importHead(.head(channels, rows: 2))
    }
    head = .head(channels, rows: 2)
    head.shapes["fuse.classes"] = [2]
    // Both rows claim class 0.
    #expect(throws: ImportError.wrongHeadClasses(rows: 2, classes: 3, indices: [0, 0])) {
      try importHead(head, dtypes: ["fuse.classes": .i64])
    }
    #expect(throws: ImportError.wrongHeadClasses(rows: 2, classes: 3, indices: [])) { try importHead(head) }
  }

  /// As many ways lead through 64 residual connections as no computer can walk.
  @Test(arguments: [true, false]) func looksAtEveryNodeOnce(_ endsInReLU: Bool) throws {
    let folder = try TemporaryFolder()
    try SyntheticWeights(shapes: ["w": [1]]).writeZeros(folder.file("w"))
    let state = StateDict(try WeightFiles(path: folder.file("w")))
    var graph = GraphBuilder(state: state, inputShape: Shape(8, 8, 3), precision: .float32)
    var last = graph.input
    for block in 0..<64 {
      let branch = try graph.activation("relu\(block)", last, .relu)
      last = try graph.add("sum\(block)", last, branch)
    }
    if endsInReLU { last = try graph.activation("relu", last, .relu) }
    graph.feature("last", node: last)
    let pool = try graph.globalAveragePool("mean", last)
    let weights = WeightNames(weight: "w", scale: nil, bias: "b", columnSums: nil)
    let output = try graph.append(
      "fc", Convolution(window: Window(kernel: 1), outputChannels: 5, weights: weights), [pool])
    let head = try classActivationHead(graph, output: output, architecture: "residual")
    #expect(head.description.branches.map(\.node) == [last])
    #expect(graph.nodes.nonNegative.contains(last) == endsInReLU)
  }

  /// The golden heads hold the rows of eight classes.
  @Test(.enabled(if: Shared.has("golden/efficientnet_lite0/inference.safetensors"), "needs ../shared"))
  func scattersTheRowsOfAGoldenHead() throws {
    let folder = try TemporaryFolder()
    let golden = Shared.path("golden/efficientnet_lite0/inference.safetensors")
    var options = ImportOptions()
    options.head = .file(golden)
    options.precision = .float32
    _ = try importModel(
      from: Shared.path("models/efficientnet_lite0.safetensors"), to: folder.file("m"), options: options)
    let model = try Model(path: folder.file("m"))
    let source = try Safetensors(path: golden)
    let fuse = try source.floats("head.fuse.weight")
    let bias = try source.floats("head.fuse.bias")
    let classes = [305, 243, 438, 949, 302, 242, 647, 0]
    let head = try #require(model.description.head)
    var start = 0
    for (index, count) in [40, 112, 1280].enumerated() {
      let rows = model.packedRows(weight: try #require(head.branches[index].fuse).weight, scale: nil)
      for (row, index) in classes.enumerated() {
        #expect(Array(rows[index].prefix(count)) == Array(fuse[row * 1432 + start..<row * 1432 + start + count]))
        #expect(model.floats(head.bias)[index] == bias[row])
      }
      #expect(rows[1].allSatisfy { $0 == 0 })
      start += count
    }
    #expect((0..<1008).filter { model.floats(head.bias)[$0] != 0 }.sorted() == classes.sorted())
  }
}
