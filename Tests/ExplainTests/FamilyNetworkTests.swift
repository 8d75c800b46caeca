import Foundation
import Testing

@testable import Explain

/// Networks that are built by name, against PyTorch.
@Suite(.disabled(if: Emulation.isRepeated, Emulation.ranBefore)) struct FamilyNetworkTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Names in the fixture and here; a name that the weights alone do not tell is given.
  static let networks: [(name: String, architecture: String, isTold: Bool)] = [
    ("timm_efficientnet_b0", "efficientnet_b0", true), ("timm_tf_efficientnet_b0", "tf_efficientnet_b0", true),
    ("timm_tf_efficientnet_lite3", "tf_efficientnet_lite3", false),
    ("timm_tf_efficientnetv2_s", "tf_efficientnetv2_s", true),
    ("timm_efficientnetv2_rw_s", "efficientnetv2_rw_s", false),
    ("torchvision_efficientnet_v2_s", "efficientnetv2_s", false),
    ("timm_mobilenetv1", "mobilenetv1", false), ("timm_mobilenetv1_100h", "mobilenetv1_100h", false),
    ("timm_mobilenetv4_conv_small", "mobilenetv4_conv_small", false),
    ("timm_mobilenetv4_conv_medium", "mobilenetv4_conv_medium", false),
    ("timm_mobilenetv4_conv_large", "mobilenetv4_conv_large", false), ("timm_mobilenetv2", "mobilenetv2", false),
    ("timm_mobilenetv3_small", "mobilenetv3_small", true), ("timm_mobilenetv3_large", "mobilenetv3_large", true),
    ("timm_mnasnet", "mnasnet", false), ("timm_semnasnet", "semnasnet", false),
    ("timm_resnet18d", "resnet18d", false), ("torchvision_resnext50_32x4d", "resnext50_32x4d", false),
    ("torchvision_efficientnet_b0", "efficientnet_b0", false), ("torchvision_mobilenet_v2", "mobilenetv2", false),
    ("torchvision_mobilenet_v3_small", "mobilenetv3_small", false),
    ("torchvision_mobilenet_v3_large", "mobilenetv3_large", false),
    ("torchvision_densenet", "densenet", false), ("torchvision_convnext", "convnext", false),
    ("timm_convnext", "convnext", false), ("timm_convnext_hnf", "convnext", false),
    ("timm_convnextv2", "convnextv2", false), ("torchvision_regnet_x", "regnetx", false),
    ("torchvision_regnet_y", "regnety", false), ("timm_regnetx", "regnetx", false),
    ("timm_regnety", "regnety", false),
    ("efficientnet_pytorch_lite0", "tf_efficientnet_lite0", false),
    ("efficientnet_pytorch_lite4", "tf_efficientnet_lite4", false),
  ]

  private func imported(
    _ network: (name: String, architecture: String, isTold: Bool), _ precision: Precision
  ) throws -> Model {
    try FamilyNetwork.named(network.name).write(folder.file("w"))
    var options = ImportOptions()
    (options.precision, options.resize, options.crop) = (precision, 64, 64)
    if network.isTold { options.architecture = network.architecture }
    _ = try importModel(from: folder.file("w"), to: folder.file("m"), options: options)
    return try Model(path: folder.file("m"))
  }

  @Test func everyNetworkOfTheFixtureIsHere() throws {
    #expect(try Set(FamilyNetwork.all().keys) == Set(Self.networks.map(\.name)))
  }

  @Test(arguments: networks)
  func floatLogitsArePyTorchs(_ network: (name: String, architecture: String, isTold: Bool)) throws {
    let model = try imported(network, .float32)
    #expect(model.description.architecture == network.architecture)
    #expect(model.description.featureLayers.map { model.shapes[$0.node]?.height } == [8, 4, 2])
    let expected = try FamilyNetwork.named(network.name).logits
    let found = try Session(model: model, threads: 2).classify(FamilyNetwork.input)
    let error = LogitComparison(found, expected).error
    #expect(error < 1e-4, "\(error)")
  }

  /// Random networks of a few channels amplify what rounding changes.
  @Test(arguments: networks)
  func int8LogitsStayClose(_ network: (name: String, architecture: String, isTold: Bool)) throws {
    let model = try imported(network, .int8)
    let expected = try FamilyNetwork.named(network.name).logits
    let found = try Session(model: model, threads: 2).classify(FamilyNetwork.input)
    let cosine = LogitComparison(found, expected).cosine
    #expect(cosine >= 0.9, "\(cosine)")
  }

  @Test func theArchitectureIsAskedForWhereWeightsDoNotTell() throws {
    let network = try FamilyNetwork.named("timm_efficientnet_b0")
    try network.write(folder.file("w"))
    #expect(throws: ImportError.ambiguousArchitecture(["efficientnet_b0", "tf_efficientnet_b0"])) {
      try importModel(from: folder.file("w"), to: folder.file("m"))
    }
    try network.write(folder.file("said"), metadata: ["architecture": "tf_efficientnet_b0"])
    _ = try importModel(from: folder.file("said"), to: folder.file("m"))
    #expect(try Model(path: folder.file("m")).description.architecture == "tf_efficientnet_b0")
  }
}
