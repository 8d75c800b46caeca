import Explain
import Foundation
import Testing

/// P-TAME: the head reads an auxiliary network.
@Suite(.disabled(if: Emulation.isRepeated, Emulation.ranBefore)) struct ImportAuxiliaryTests {
  private let channels = [64, 128, 256, 512]

  private func folder() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try SyntheticWeights.visionTransformer(width: 192, blocks: 12, patch: 16, side: 14, classes: 3)
      .writeZeros(folder.file("w"))
    try SyntheticWeights.resNet18(classes: 1000).writeZeros(folder.file("a"))
    try SyntheticWeights.head(channels, rows: 3).writeZeros(folder.file("h"))
    return folder
  }

  private func options(_ folder: TemporaryFolder) -> ImportOptions {
    var options = ImportOptions()
    (options.head, options.auxiliary) = (.file(folder.file("h")), folder.file("a"))
    return options
  }

  @Test func feedsTheHead() throws {
    let folder = try folder()
    let description = try importModel(from: folder.file("w"), to: folder.file("m"), options: options(folder))
      .description
    let model = try Model(path: folder.file("m"))
    #expect(description.architecture == "vit_tiny_16" && description.classes == 3)
    #expect(description.featureLayers.map(\.name) == (1...4).map { "auxiliary.layer\($0)" })
    #expect(
      description.featureLayers.map { model.shapes[$0.node] } == [
        Shape(56, 56, 64), Shape(28, 28, 128), Shape(14, 14, 256), Shape(7, 7, 512),
      ])
    let head = try #require(description.head)
    #expect(head.branches.map(\.node) == (0..<4).map { "head.branch.\($0).relu" })
    // Both networks read the same input; the auxiliary classifier is left out.
    let readers = description.graph.nodes.filter { $0.inputs == ["input"] }.map(\.name)
    #expect(readers == ["conv_proj", "auxiliary.conv1"])
    #expect(!description.graph.nodes.contains { $0.name.hasPrefix("auxiliary.fc") })
    #expect(model.entry("auxiliary.layer4.1.conv2.weight") != nil && model.entry("auxiliary.fc.weight") == nil)
  }

  @Test(arguments: [HeadSource.automatic, .cam, .none])
  func needsAHead(_ head: HeadSource) throws {
    let folder = try folder()
    var options = options(folder)
    options.head = head
    #expect(throws: ImportError.auxiliaryWithoutHead) {
      try importModel(from: folder.file("w"), to: folder.file("m"), options: options)
    }
  }

  @Test func tellsWhatIsWrongWithTheAuxiliaryNetwork() throws {
    let folder = try folder()
    func refuse(_ error: ImportError) {
      #expect(throws: ImportError.auxiliary(path: folder.file("a"), error)) {
        try importModel(from: folder.file("w"), to: folder.file("m"), options: options(folder))
      }
    }
    var weights = SyntheticWeights.resNet18(classes: 3)
    weights.shapes["layer2.0.bn1.bias"] = nil
    try weights.writeZeros(folder.file("a"))
    refuse(.missingTensors(["layer2.0.bn1.bias"]))
    weights.shapes["layer2.0.bn1.bias"] = [128]
    weights.shapes["extra"] = [1]
    try weights.writeZeros(folder.file("a"))
    refuse(.unexpectedTensors(["extra"]))
    try SyntheticWeights.vgg([1, 1, 2, 2, 2], classes: 3, hidden: nil).writeZeros(folder.file("a"))
    refuse(.unrecognized(known: ["ResNet", "ResNeXt", "Wide ResNet"]))
    try FileManager.default.removeItem(atPath: folder.file("a"))
    refuse(.weights(.file(.notFound)))
  }

  @Test func refusesToOverwriteTheAuxiliaryNetwork() throws {
    let folder = try folder()
    #expect(throws: ImportError.output(path: folder.file("a"), .overwritesInput)) {
      try importModel(from: folder.file("w"), to: folder.file("a"), options: options(folder))
    }
  }
}
