import Foundation
import Testing

@testable import Explain

/// The families' small networks under other names than the fixture's.
@Suite(.disabled(if: Emulation.isRepeated, Emulation.ranBefore)) struct FamilyNamingTests {
  struct Naming: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// In the fixture.
    var network: String
    var architecture: String
    /// Regular expressions and what stands in their place, one after the other.
    var renames: [(pattern: String, name: String)]

    func renamed(_ name: String, _ shape: [Int]) -> (String, [Int]) {
      let result = renames.reduce(name) {
        $0.replacingOccurrences(of: $1.pattern, with: $1.name, options: .regularExpression)
      }
      return (result, name.contains("grn") ? [1, 1, 1] + shape : shape)
    }
  }

  private static let namings = [
    Naming(
      testDescription: "torchvision's older DenseNet", network: "torchvision_densenet", architecture: "densenet",
      renames: [(#"(denselayer\d+\.(?:norm|conv))(\d)"#, "$1.$2")]),
    published("convnext"), published("convnextv2"), huggingFace("convnext"), huggingFace("convnextv2"),
  ]

  private static func published(_ architecture: String) -> Naming {
    Naming(
      testDescription: "the authors' \(architecture)", network: "timm_\(architecture)", architecture: architecture,
      renames: [
        (#"^stem\."#, "downsample_layers.0."), (#"^stages\.(\d)\.downsample"#, "downsample_layers.$1"),
        (#"\.blocks\.(\d)"#, ".$1"), ("conv_dw", "dwconv"), (#"mlp\.fc"#, "pwconv"),
        (#"mlp\.grn\.weight"#, "grn.gamma"), (#"mlp\.grn\.bias"#, "grn.beta"), (#"^head\.norm"#, "norm"),
        (#"^head\.fc"#, "head"),
      ])
  }

  private static func huggingFace(_ architecture: String) -> Naming {
    Naming(
      testDescription: "Hugging Face's \(architecture)", network: "timm_\(architecture)", architecture: architecture,
      renames: [
        (#"^stem\.0"#, "\(architecture).embeddings.patch_embeddings"),
        (#"^stem\.1"#, "\(architecture).embeddings.layernorm"),
        (#"^stages\.(\d)\.downsample"#, "\(architecture).encoder.stages.$1.downsampling_layer"),
        (#"^stages\.(\d)\.blocks\.(\d)"#, "\(architecture).encoder.stages.$1.layers.$2"), ("conv_dw", "dwconv"),
        (#"(layers\.\d)\.norm"#, "$1.layernorm"), (#"mlp\.fc"#, "pwconv"), (#"mlp\.grn"#, "grn"),
        ("gamma", "layer_scale_parameter"), (#"^head\.norm"#, "\(architecture).layernorm"),
        (#"^head\.fc"#, "classifier"),
      ])
  }

  @Test(arguments: namings) func logitsArePyTorchs(_ naming: Naming) throws {
    let folder = try TemporaryFolder()
    let network = try FamilyNetwork.named(naming.network)
    try network.write(folder.file("w"), renamed: naming.renamed)
    var options = ImportOptions()
    (options.precision, options.resize, options.crop) = (.float32, 64, 64)
    _ = try importModel(from: folder.file("w"), to: folder.file("m"), options: options)
    let model = try Model(path: folder.file("m"))
    #expect(model.description.architecture == naming.architecture)
    let found = try Session(model: model, threads: 2).classify(FamilyNetwork.input)
    let largest = try #require(network.logits.map(\.magnitude).max())
    let error = zip(found, network.logits).map { ($0 - $1).magnitude }.max() ?? .infinity
    #expect(error / largest < 1e-4, "\(error / largest)")
  }

  @Test(arguments: [("torchvision_densenet", true), ("timm_convnext", false), ("timm_convnext_hnf", true)])
  func activationMappingNeedsPoolingAndOneLayer(_ network: (name: String, maps: Bool)) throws {
    let folder = try TemporaryFolder()
    try FamilyNetwork.named(network.name).write(folder.file("w"))
    var options = ImportOptions()
    (options.resize, options.crop) = (64, 64)
    _ = try importModel(from: folder.file("w"), to: folder.file("m"), options: options)
    #expect((try Model(path: folder.file("m")).description.head != nil) == network.maps)
  }
}
