@testable import Explain
import Foundation
import Kernels
import Testing

private struct Refused: CustomTestStringConvertible, Sendable {
  var what: String
  var error: ModelError
  var precision = Precision.int8
  var spoil: @Sendable (inout TinyModel) -> Void

  init(
    _ what: String, _ error: ModelError, precision: Precision = .int8,
    spoil: @escaping @Sendable (inout TinyModel) -> Void
  ) {
    (self.what, self.error, self.precision, self.spoil) = (what, error, precision, spoil)
  }

  var testDescription: String { what }
}

private let refused = [
  Refused("version 2", .unsupportedVersion("2")) { $0.metadata["format_version"] = "2" },
  Refused("no version", .unsupportedVersion("unknown")) { $0.metadata["format_version"] = nil },
  Refused("no description", .badDescription("The given data was not valid JSON.")) { $0.json = "" },
  Refused("an empty object", .badDescription("lacks name")) { $0.json = "{}" },
  Refused("bad graph", .graph(.unknownInput(node: "relu", input: "nowhere"))) {
    $0.change("relu") { $0.inputs = ["nowhere"] }
  },
  Refused("missing weights", .missingTensor(node: "conv", tensor: "conv.weight")) { $0.tensors["conv.weight"] = nil },
  Refused("missing column sums", .missingTensor(node: "fc", tensor: "fc.column_sums")) {
    $0.tensors["fc.column_sums"] = nil
  },
  Refused("no scale named", .missingTensorName(node: "dw", role: "scale")) { $0.rename("dw") { $0.scale = nil } },
  Refused("no column sums named", .missingTensorName(node: "fc", role: "columnSums")) {
    $0.rename("fc") { $0.columnSums = nil }
  },
  Refused("depthwise column sums", .unexpectedTensorName(node: "dw", role: "columnSums")) {
    $0.rename("dw") { $0.columnSums = "fc.column_sums" }
  },
  Refused("scale in a Float model", .unexpectedTensorName(node: "conv", role: "scale"), precision: .float32) {
    $0.rename("conv") { $0.scale = "conv.bias" }
  },
  Refused("Float weights in an int8 model", .wrongDType(tensor: "fc.weight", expected: .i8, found: .f32)) {
    $0.add("fc.weight", .f32, [1, 5, 16, 4])
  },
  Refused("half biases", .wrongDType(tensor: "fc.bias", expected: .f32, found: .f16)) {
    $0.add("fc.bias", .f16, [1, 16])
  },
  Refused(
    "weights of other channels", .wrongShape(tensor: "fc.weight", expected: [1, 5, 16, 4], found: [1, 6, 16, 4])
  ) { $0.add("fc.weight", .i8, [1, 6, 16, 4]) },
  Refused("weights of other rank", .wrongShape(tensor: "dw.weight", expected: [9, 32], found: [288])) {
    $0.add("dw.weight", .i8, [288])
  },
  Refused(
    "more output channels than weights",
    .wrongShape(tensor: "conv.weight", expected: [3, 9, 16, 4], found: [2, 9, 16, 4])
  ) {
    $0.change("conv") {
      $0.op = Convolution(
        window: Window(kernel: 3, padding: 1), outputChannels: 40,
        weights: WeightNames(
          weight: "conv.weight", scale: "conv.scale", bias: "conv.bias", columnSums: "conv.column_sums"))
    }
    $0.change("dw") {
      $0.op = DepthwiseConvolution(
        window: Window(kernel: 3, padding: 1), outputChannels: 40,
        weights: WeightNames(weight: "dw.weight", scale: "dw.scale", bias: "dw.bias", columnSums: nil))
    }
  },
  Refused("scale 0", .badValue(tensor: "conv.scale", index: 3, value: 0, expected: "a positive scale")) {
    $0.set("conv.scale", 3, 0)
  },
  Refused("scale below 0", .badValue(tensor: "dw.scale", index: 0, value: -1, expected: "a positive scale")) {
    $0.set("dw.scale", 0, -1)
  },
  Refused(
    "infinite scale", .badValue(tensor: "fc.scale", index: 4, value: .infinity, expected: "a positive scale")
  ) { $0.set("fc.scale", 4, .infinity) },
  Refused("scale in the padding", .badValue(tensor: "fc.scale", index: 5, value: 1, expected: "0 in the padding")) {
    $0.set("fc.scale", 5, 1)
  },
  Refused(
    "infinite bias", .badValue(tensor: "fc.bias", index: 0, value: -.infinity, expected: "a finite bias")
  ) { $0.set("fc.bias", 0, -.infinity) },
  Refused("wrong class count", .wrongClassCount(classes: 6, output: Shape(1, 1, 5))) { $0.description.classes = 6 },
  Refused("output that is no vector", .wrongClassCount(classes: 5, output: Shape(8, 8, 20))) {
    $0.description.graph.output = "relu"
  },
  Refused("too few labels", .wrongLabelCount(labels: 1, classes: 5)) { $0.description.labels = ["a"] },
  Refused("crop above the resize", .preprocessing(.sizes(resize: 7, crop: 8))) {
    $0.description.preprocessing.resize = 7
  },
  Refused("crop other than the input", .wrongInputShape(Shape(8, 8, 3), crop: 9)) {
    $0.description.preprocessing.crop = 9
  },
  Refused("deviation 0", .preprocessing(.std([1, 0, 1]))) { $0.description.preprocessing.std[1] = 0 },
  Refused("two means", .preprocessing(.mean([1, 1]))) { $0.description.preprocessing.mean = [1, 1] },
  Refused("unknown feature", .badFeatureLayer(name: "late", node: "nowhere")) {
    $0.description.featureLayers[1].node = "nowhere"
  },
  Refused("a branch too few", .wrongBranchCount(branches: 1, featureLayers: 2)) {
    $0.description.head?.branches.removeLast()
  },
  Refused(
    "branch of another shape", .badBranch(index: 1, node: "mean", expected: Shape(8, 8, 20), found: Shape(1, 1, 20))
  ) { $0.description.head?.branches[1].node = "mean" },
  Refused("unknown branch", .badBranch(index: 0, node: "nowhere", expected: Shape(8, 8, 20), found: nil)) {
    $0.description.head?.branches[0].node = "nowhere"
  },
  Refused("missing fuse weights", .missingTensor(node: "head branch 1", tensor: "nowhere")) {
    $0.description.head?.branches[1].fuse?.weight = "nowhere"
  },
  Refused("fuse without scale", .missingTensorName(node: "head branch 1", role: "scale")) {
    $0.description.head?.branches[1].fuse?.scale = nil
  },
  Refused(
    "fuse weights of other channels",
    .wrongShape(tensor: "conv.weight", expected: [1, 5, 16, 4], found: [2, 9, 16, 4])
  ) { $0.description.head?.branches[1].fuse?.weight = "conv.weight" },
  Refused("head bias of other classes", .wrongShape(tensor: "conv.bias", expected: [1, 16], found: [2, 16])) {
    $0.description.head?.bias = "conv.bias"
  },
]

@Suite struct ModelTests {
  @Test(arguments: refused)
  private func refuses(_ example: Refused) throws {
    let folder = try TemporaryFolder()
    var model = TinyModel(example.precision)
    example.spoil(&model)
    try model.write(folder.file("m"))
    #expect(throws: example.error) { try Model(path: folder.file("m")) }
    #expect(!example.error.description.contains("\n"))
  }

  @Test(arguments: Precision.allCases)
  func loads(_ precision: Precision) throws {
    let folder = try TemporaryFolder()
    let tiny = TinyModel(precision)
    try tiny.write(folder.file("m"))
    let model = try Model(path: folder.file("m"))
    #expect(model.description == tiny.description)
    #expect(model.shapes["dw"] == Shape(8, 8, 20))
    #expect(model.fileBytes == (try folder.contents("m")).count)
    #expect(model.entries.count == tiny.tensors.count)
    #expect(model.floats("fc.bias")[0] == 0)
    if precision == .int8 { #expect(model.floats("conv.scale")[19] == 0.5) }
  }

  @Test func advisesToImportOrdinaryWeights() throws {
    let folder = try TemporaryFolder()
    var model = TinyModel()
    model.metadata["format"] = "pt"
    try model.write(folder.file("m"))
    let error = ModelError.notAModel(path: folder.file("m"), .weights)
    #expect(throws: error) { try Model(path: folder.file("m")) }
    #expect(error.description.contains("ttame-lite import \(folder.file("m")) -o"))
  }

  @Test func refusesUnalignedTensors() throws {
    let folder = try TemporaryFolder()
    try TinyModel().write(folder.file("m"))
    // One more space of header moves all data by one byte.
    var bytes = try folder.contents("m")
    let length = bytes.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
    bytes.insert(UInt8(ascii: " "), at: 8 + Int(length))
    withUnsafeBytes(of: length + 1) { bytes.replaceSubrange(0..<8, with: $0) }
    let path = try folder.write("n", bytes)
    #expect(throws: ModelError.misaligned(tensor: "conv.weight", alignment: 64)) { try Model(path: path) }
  }

  @Test func tellsWhereTheDescriptionIsWrong() throws {
    let folder = try TemporaryFolder()
    var model = TinyModel()
    let json = String(decoding: try JSONEncoder().encode(model.description), as: UTF8.self)
    model.json = json.replacing(#""op":"add""#, with: "").replacing(#""global_average_pool""#, with: #""sum""#)
    try model.write(folder.file("m"))
    let message = "graph.nodes.3.op: node mean has the unknown operator sum"
    #expect(throws: ModelError.badDescription(message)) { try Model(path: folder.file("m")) }
    model.json = String(repeating: "[", count: 100_000)
    try model.write(folder.file("m"))
    #expect(throws: ModelError.self) { try Model(path: folder.file("m")) }
  }

  @Test func passesOnWhatIsWrongWithTheFile() throws {
    let folder = try TemporaryFolder()
    #expect(throws: ModelError.safetensors(.file(.notFound))) { try Model(path: folder.file("m")) }
    #expect(throws: ModelError.safetensors(.file(.isDirectory))) { try Model(path: folder.path) }
  }

  @Test func survivesEveryChangedByteOfTheHeader() throws {
    let folder = try TemporaryFolder()
    try TinyModel().write(folder.file("m"))
    let whole = try folder.contents("m")
    let length = Int(whole.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) })
    var generator = SplitMix64(state: 1)
    // Digits become other digits, names other names: what loads must still be consistent.
    for _ in 0..<500 {
      var bytes = whole
      bytes[8 + Int(generator.next() % UInt64(length))] = UInt8(0x20 + generator.next() % 0x5F)
      let path = try folder.write("n", bytes)
      guard let model = try? Model(path: path) else { continue }
      #expect(model.shapes[model.description.graph.output] == Shape(1, 1, model.description.classes))
    }
  }
}
