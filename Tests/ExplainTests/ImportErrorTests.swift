@testable import Explain
import Foundation
import Testing

private struct Refused: CustomTestStringConvertible, Sendable {
  var what: String
  var error: ImportError
  var dtypes: [String: DType]
  var spoil: @Sendable (inout SyntheticWeights, inout ImportOptions) -> Void

  init(
    _ what: String, _ error: ImportError, dtypes: [String: DType] = [:],
    spoil: @escaping @Sendable (inout SyntheticWeights, inout ImportOptions) -> Void
  ) {
    (self.what, self.error, self.dtypes, self.spoil) = (what, error, dtypes, spoil)
  }

  var testDescription: String { what }
}

private let known = [
  "ResNet", "ResNeXt", "Wide ResNet", "VGG", "Vision Transformer", "EfficientNet", "EfficientNetV2",
  "MobileNetV1", "MobileNetV2", "MobileNetV3", "MobileNetV4", "MnasNet", "DenseNet", "ConvNeXt", "RegNet",
]

private let refused = [
  Refused("another network", .unrecognized(known: known)) { weights, _ in weights.shapes = ["a.weight": [1]] },
  Refused("no tensors", .unrecognized(known: known)) { weights, _ in weights.shapes = [:] },
  Refused("an odd number of blocks", .unrecognized(known: known)) { weights, _ in
    for name in weights.shapes.keys where name.hasPrefix("layer3.1.") { weights.shapes[name] = nil }
  },
  Refused("unknown architecture", .unknownArchitecture("vgg99", known: Architecture.names)) { _, options in
    options.architecture = "vgg99"
  },
  Refused("a missing weight", .missingTensors(["layer3.0.conv2.weight"])) { weights, _ in
    weights.shapes["layer3.0.conv2.weight"] = nil
  },
  Refused("several missing tensors", .missingTensors(["layer4.1.bn2.running_mean", "fc.weight", "fc.bias"])) {
    weights, _ in
    for name in ["fc.weight", "fc.bias", "layer4.1.bn2.running_mean"] { weights.shapes[name] = nil }
  },
  Refused("tensors too many", .unexpectedTensors(["fc2.bias", "layer1.0.conv1.bias"])) { weights, _ in
    weights.shapes["fc2.bias"] = [3]
    weights.shapes["layer1.0.conv1.bias"] = [64]
  },
  Refused("wrong kernel", .wrongShape(tensor: "conv1.weight", expected: [64, 3, 7, 7], found: [64, 3, 3, 3])) {
    weights, _ in weights.shapes["conv1.weight"] = [64, 3, 3, 3]
  },
  Refused("wrong rank", .wrongShape(tensor: "fc.weight", expected: [3, 512], found: [3, 512, 1, 1])) { weights, _ in
    weights.shapes["fc.weight"] = [3, 512, 1, 1]
  },
  Refused("scalar classifier", .wrongShape(tensor: "fc.weight", expected: [1, 512], found: [])) { weights, _ in
    weights.shapes["fc.weight"] = []
  },
  Refused("no classes", .wrongShape(tensor: "fc.weight", expected: [1, 512], found: [0, 512])) { weights, _ in
    weights.shapes["fc.weight"] = [0, 512]
  },
  Refused(
    "absurdly many classes", .graph(.badAttribute(node: "fc", attribute: "output channels", value: 1 << 40))
  ) { weights, _ in weights.shapes["fc.weight"] = [1 << 40, 0] },
  Refused("wrong BatchNorm", .wrongShape(tensor: "bn1.bias", expected: [64], found: [32])) { weights, _ in
    weights.shapes["bn1.bias"] = [32]
  },
  Refused("integers", .notFloating(tensor: "bn1.bias", dtype: .i32), dtypes: ["bn1.bias": .i32]) { _, _ in },
  Refused("no crop", .preprocessing(.sizes(resize: 256, crop: 0))) { _, options in options.crop = 0 },
  Refused("bad mean", .badMetadata(key: "mean", value: "grey")) { weights, _ in weights.metadata = ["mean": "grey"] },
  Refused("bad filter", .badMetadata(key: "interpolation", value: "lanczos")) { weights, _ in
    weights.metadata = ["interpolation": "lanczos"]
  },
  Refused("deviation 0", .preprocessing(.std([0, 1, 1]))) { _, options in options.std = [0, 1, 1] },
  Refused("missing labels", .labels(path: "/nowhere", .notFound)) { _, options in options.labels = "/nowhere" },
]

@Suite(.disabled(if: Emulation.isRepeated, Emulation.ranBefore)) struct ImportErrorTests {
  @Test(arguments: refused)
  private func refuses(_ example: Refused) throws {
    let folder = try TemporaryFolder()
    var weights = SyntheticWeights.resNet18(classes: 3)
    var options = ImportOptions()
    example.spoil(&weights, &options)
    try weights.writeZeros(folder.file("w"), dtypes: example.dtypes)
    #expect(throws: example.error) { try importModel(from: folder.file("w"), to: folder.file("m"), options: options) }
    #expect(!example.error.description.contains("\n"))
    #expect(folder.names == ["w"])
  }

  @Test func refusesToOverwriteItsInputs() throws {
    let folder = try TemporaryFolder()
    try SyntheticWeights.resNet18(classes: 3).writeZeros(folder.file("w"))
    try SyntheticWeights.head([128, 256, 512], rows: 3).writeZeros(folder.file("head"))
    let labels = try folder.write("labels", Array("a\nb\nc\n".utf8))
    try FileManager.default.createSymbolicLink(atPath: folder.file("link"), withDestinationPath: folder.file("w"))
    try FileManager.default.linkItem(atPath: folder.file("w"), toPath: folder.file("hard"))
    var options = ImportOptions()
    options.head = .file(folder.file("head"))
    options.labels = labels
    for output in ["w", "link", "hard", "head", "labels"] {
      #expect(throws: ImportError.output(path: folder.file(output), .overwritesInput)) {
        try importModel(from: folder.file("w"), to: folder.file(output), options: options)
      }
    }
    #expect(try Safetensors(path: folder.file("w")).entries.count == SyntheticWeights.resNet18(classes: 3).shapes.count)
  }

  @Test func refusesWhatIsNotFinite() throws {
    let folder = try TemporaryFolder()
    let shapes = SyntheticWeights.resNet18(classes: 3)
    _ = try shapes.writeRandom(folder.file("w"), seed: 1)
    let file = try Safetensors(path: folder.file("w"))
    for (tensor, value, named) in [
      ("layer1.0.conv1.weight", Float.nan, "layer1.0.conv1.weight"), ("fc.weight", .infinity, "fc.weight"),
      ("bn1.running_var", -1, "bn1"), ("fc.bias", .nan, "fc.bias"), ("bn1.running_mean", .infinity, "bn1"),
    ] {
      var bytes = try folder.contents("w")
      let start = try #require(file.entries[tensor]).byteRange.lowerBound
      withUnsafeBytes(of: value) { bytes.replaceSubrange(start..<start + 4, with: $0) }
      let path = try folder.write("x", bytes)
      #expect(throws: ImportError.notFinite(tensor: named)) { try importModel(from: path, to: folder.file("m")) }
      // What was begun is gone.
      #expect(folder.names == ["w", "x"])
    }
  }

  @Test func tellsWhichFileFails() throws {
    let folder = try TemporaryFolder()
    #expect(throws: ImportError.weights(.file(.notFound))) {
      try importModel(from: folder.file("w"), to: folder.file("m"))
    }
    try SyntheticWeights.resNet18(classes: 3).writeZeros(folder.file("w"))
    #expect(throws: ImportError.output(path: folder.path, .isDirectory)) {
      try importModel(from: folder.file("w"), to: folder.path)
    }
    #expect(throws: ImportError.output(path: folder.file("none/m"), .notFound)) {
      try importModel(from: folder.file("w"), to: folder.file("none/m"))
    }
    var options = ImportOptions()
    options.head = .file("/nowhere")
    #expect(throws: ImportError.head(path: "/nowhere", .weights(.file(.notFound)))) {
      try importModel(from: folder.file("w"), to: folder.file("m"), options: options)
    }
    options = ImportOptions()
    options.labels = try folder.write("labels", [0x61, 0x0A, 0xFF])
    #expect(throws: ImportError.badLabels(path: folder.file("labels"), .notText("no text in UTF-8"))) {
      try importModel(from: folder.file("w"), to: folder.file("m"), options: options)
    }
    options.labels = try folder.write("labels", Array("a\nb\n".utf8))
    #expect(throws: ImportError.wrongLabelCount(labels: 2, classes: 3)) {
      try importModel(from: folder.file("w"), to: folder.file("m"), options: options)
    }
  }

  @Test func listsOnlyAFewNames() {
    #expect(ImportError.missingTensors(["a"]).description == "tensor a is missing")
    #expect(
      ImportError.missingTensors(["a", "b", "c", "d", "e", "f"]).description
        == "tensors a, b, c, d and 2 more are missing")
  }
}
