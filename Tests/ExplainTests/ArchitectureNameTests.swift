import Testing

@testable import Explain

/// What `--arch` may be.
@Suite struct ArchitectureNameTests {
  private let state = StateDict(WeightFiles([:], metadata: [:], paths: []), prefix: "", scheme: .none)

  @Test(arguments: [
    ("mobilenetv3_small_100", "mobilenetv3_small"), ("mobilenetv2_140", "mobilenetv2"), ("ResNet-50", "resnet50"),
    ("resnet50", "resnet50"), ("densenet161", "densenet"), ("convnextv2_atto", "convnextv2"),
    ("regnetx_002", "regnetx"), ("regnet_y_1_6gf", "regnety"), ("mobilenetv1_125", "mobilenetv1"),
    ("mobilenetv1_100h", "mobilenetv1_100h"), ("mobilenetv4_conv_small_050", "mobilenetv4_conv_small"),
    ("efficientnet_v2_s", "efficientnetv2_s"),
  ])
  func namesAreUnderstood(_ name: String, _ found: String) throws {
    #expect(try Architecture.find(name, for: state).name.filter { $0 != "_" } == found.filter { $0 != "_" })
  }

  @Test(arguments: ["resnet500", "resnet", "vgg99", "_100", "100", "", "mobilenetv3_small_x"])
  func othersAreUnknown(_ name: String) {
    #expect(throws: ImportError.unknownArchitecture(name, known: Architecture.names)) {
      try Architecture.find(name, for: state)
    }
  }
}
