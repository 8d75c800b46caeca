@testable import Explain
import Foundation
import Testing

/// ResNet-18 with three classes, random.
@Suite struct ImportTests {
  private static let shapes = SyntheticWeights.resNet18(classes: 3)

  private func options(_ change: (inout ImportOptions) -> Void) -> ImportOptions {
    var options = ImportOptions()
    change(&options)
    return options
  }

  @Test func recognizesResNet18() throws {
    let folder = try TemporaryFolder()
    var weights = Self.shapes
    weights.metadata = ["licence": "BSD", "source": "nowhere", "mean": "[0.1, 0.2, 0.3]", "resize": "230"]
    try weights.writeZeros(folder.file("w"), dtypes: ["fc.weight": .f16, "conv1.weight": .bf16])
    var steps: [ImportProgress] = []
    let summary = try importModel(from: folder.file("w"), to: folder.file("m")) { steps.append($0) }
    let model = try Model(path: folder.file("m"))
    #expect(model.description == summary.description)
    #expect(model.description.architecture == "resnet18")
    #expect(model.description.classes == 3)
    #expect(model.description.labels.isEmpty)
    #expect(model.description.licence == "BSD" && model.description.source == "nowhere")
    #expect(
      model.description.preprocessing
        == Preprocessing(
          resize: 230, crop: 224, interpolation: .bilinear, mean: [0.1, 0.2, 0.3], std: [0.229, 0.224, 0.225]))
    #expect(summary.layers == 21 && summary.bytes == model.fileBytes)
    #expect(steps.map(\.done) == Array(1...21) && steps.allSatisfy { $0.total == 21 })
    #expect(steps.first?.layer == "conv1" && steps.last?.layer == "fc")
    let features = model.description.featureLayers
    #expect(features.map(\.name) == ["layer2", "layer3", "layer4"])
    #expect(
      features.map { model.shapes[$0.node] } == [Shape(28, 28, 128), Shape(14, 14, 256), Shape(7, 7, 512)])
  }

  /// An option comes before the weights' metadata, which comes before the crop.
  @Test(
    arguments: [(nil, nil, .crop), ("squash", nil, .squash), ("squash", .letterbox, .letterbox)]
      as [(String?, Fit?, Fit)])
  func storesTheFit(metadata: String?, option: Fit?, expected: Fit) throws {
    let folder = try TemporaryFolder()
    var weights = Self.shapes
    if let metadata { weights.metadata = ["fit": metadata] }
    try weights.writeZeros(folder.file("w"))
    _ = try importModel(from: folder.file("w"), to: folder.file("m"), options: options { $0.fit = option })
    #expect(try Model(path: folder.file("m")).description.preprocessing.fit == expected)
  }

  /// y = weight (W x - mean) / sqrt(variance + 1e-5) + bias, and weights in the kernels' order.
  @Test(arguments: Precision.allCases)
  func foldsBatchNorm(_ precision: Precision) throws {
    let folder = try TemporaryFolder()
    let values = try Self.shapes.writeRandom(folder.file("w"), seed: 5)
    _ = try importModel(from: folder.file("w"), to: folder.file("m"), options: options { $0.precision = precision })
    let model = try Model(path: folder.file("m"))
    for (layer, norm, inputs, taps) in [
      ("conv1", "bn1", 3, 49), ("layer1.0.conv2", "layer1.0.bn2", 64, 9),
      ("layer2.0.downsample.0", "layer2.0.downsample.1", 64, 1),
    ] {
      let names = try #require(model.names(layer))
      let weight = try #require(values["\(layer).weight"])
      let (gamma, beta) = (try #require(values["\(norm).weight"]), try #require(values["\(norm).bias"]))
      let mean = try #require(values["\(norm).running_mean"])
      let variance = try #require(values["\(norm).running_var"])
      let rows = model.packedRows(weight: names.weight, scale: names.scale)
      // The first layer of an int8 model sees pixels: its weights and bias contain the normalisation.
      let preprocessing = model.description.preprocessing
      let seesPixels = precision == .int8 && inputs == 3
      for n in gamma.indices {
        let factor = Double(gamma[n]) / (Double(variance[n]) + 1e-5).squareRoot()
        var bias = Float(Double(beta[n]) - Double(mean[n]) * factor)
        if seesPixels {
          for tap in 0..<taps {
            for input in 0..<3 { bias -= rows[n][tap * 4 + input] * 255 * preprocessing.mean[input] }
          }
        }
        // Biases of int8 layers also make up for the expected error of the codes.
        #expect((model.floats(names.bias)[n] - bias).magnitude <= (precision == .int8 ? 0.02 : 1e-6))
        // The first layer's pixels are filled up from 3 to 4 channels; taps of 64 channels need no padding.
        let stored = inputs == 3 ? 4 : inputs
        // Rounding chooses between the two neighbours; more where the value is clipped.
        let step = names.scale.map { model.floats($0)[n] } ?? 0
        for tap in 0..<taps {
          for input in 0..<inputs {
            let k = tap * stored + input
            let pixel = seesPixels ? 255 * Double(preprocessing.std[input]) : 1
            let expected = Float(Double(weight[(n * inputs + input) * taps + tap]) * factor / pixel)
            guard (rows[n][k] - expected).magnitude > 2 * step + 1e-7 else { continue }
            Issue.record("\(layer) \(n) \(tap) \(input): \(rows[n][k]) for \(expected)")
          }
        }
      }
    }
    // The classifier has a bias of its own and no BatchNorm.
    for (n, bias) in try #require(values["fc.bias"]).enumerated() {
      #expect((model.floats("fc.bias")[n] - bias).magnitude <= (precision == .int8 ? 0.02 : 0))
    }
    #expect((3..<16).allSatisfy { model.floats("fc.bias")[$0] == 0 })
  }

  @Test func makesTheWarmStartFromTheClassifier() throws {
    let folder = try TemporaryFolder()
    try Self.shapes.writeZeros(folder.file("w"))
    _ = try importModel(from: folder.file("w"), to: folder.file("m"))
    let head = try #require(try Model(path: folder.file("m")).description.head)
    #expect(head.kind == .cam && head.bias == "fc.bias")
    #expect(head.branches.map(\.node) == ["layer2.1.relu", "layer3.1.relu", "layer4.1.relu"])
    #expect(
      head.branches.map(\.fuse) == [nil, nil, HeadDescription.FuseWeights(weight: "fc.weight", scale: "fc.scale")])
    let none = try importModel(from: folder.file("w"), to: folder.file("n"), options: options { $0.head = .none })
    #expect(none.description.head == nil)
    #expect(try Model(path: folder.file("n")).description.head == nil)
  }

  @Test func writesEqualBytesForEqualInput() throws {
    let folder = try TemporaryFolder()
    _ = try Self.shapes.writeRandom(folder.file("w"), seed: 6)
    _ = try importModel(from: folder.file("w"), to: folder.file("a"))
    _ = try importModel(from: folder.file("w"), to: folder.file("b"))
    #expect(try folder.contents("a") == folder.contents("b"))
    #expect(folder.names == ["a", "b", "w"])
  }

  @Test func optionsGoBeforeMetadataBeforeDefaults() throws {
    let folder = try TemporaryFolder()
    var weights = Self.shapes
    weights.metadata = [
      "interpolation": "bicubic", "resize": "much", "std": "[1, 1]", "licence": "A", "labels": "l.txt",
    ]
    try weights.writeZeros(folder.file("w"))
    _ = try folder.write("l.txt", Array("cat\r\ndog\r\nthird one\r\n".utf8))
    _ = try folder.write("other.txt", Array("x\ny\nz".utf8))
    let chosen = options {
      ($0.resize, $0.crop, $0.std, $0.licence) = (300, 288, [0.5, 0.5, 0.5], "B")
      ($0.architecture, $0.name) = ("resnet18", "mine")
    }
    let description = try importModel(from: folder.file("w"), to: folder.file("m"), options: chosen).description
    #expect(
      description.preprocessing
        == Preprocessing(
          resize: 300, crop: 288, interpolation: .bicubic, mean: [0.485, 0.456, 0.406], std: [0.5, 0.5, 0.5]))
    #expect(description.licence == "B" && description.name == "mine")
    #expect(description.labels == ["cat", "dog", "third one"])
    #expect(try Model(path: folder.file("m")).shapes[description.featureLayers[2].node] == Shape(9, 9, 512))
    var other = chosen
    other.labels = folder.file("other.txt")
    #expect(
      try importModel(from: folder.file("w"), to: folder.file("m"), options: other).description.labels == [
        "x", "y", "z",
      ])
    other.resize = nil
    #expect(throws: ImportError.badMetadata(key: "resize", value: "much")) {
      try importModel(from: folder.file("w"), to: folder.file("m"), options: other)
    }
    other.resize = 200
    #expect(throws: ImportError.preprocessing(.sizes(resize: 200, crop: 288))) {
      try importModel(from: folder.file("w"), to: folder.file("m"), options: other)
    }
  }
}
