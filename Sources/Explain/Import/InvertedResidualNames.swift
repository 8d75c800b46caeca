/// What libraries call the tensors of networks of inverted residual blocks, which are built in timm's names.
extension NamingScheme {
  static let invertedResidualNetworks =
    [timmInvertedResiduals, torchvisionEfficientNet, torchvisionEfficientNetV2, torchvisionMobileNetV2]
    + [torchvisionMobileNetV3Large, torchvisionMobileNetV3Small] + efficientNetPyTorch

  private static let timmInvertedResiduals = NamingScheme(library: .timm, telltale: "conv_stem.weight", renames: [])

  // MARK: torchvision

  private static let torchvisionEfficientNet: NamingScheme = {
    var renames = Rename.normalized("features.0", "conv_stem", "bn1")
    renames += Rename.normalized("features.8", "conv_head", "bn2")
    renames += Rename.module("classifier.1", "classifier")
    for stage in 0..<7 {
      let (file, block) = ("features.\(stage + 1).*.block", "blocks.\(stage).*")
      // Only the first stage does not expand.
      let depthwise = stage == 0 ? 0 : 1
      if stage > 0 { renames += Rename.normalized("\(file).0", "\(block).conv_pw", "\(block).bn1") }
      renames += Rename.normalized("\(file).\(depthwise)", "\(block).conv_dw", "\(block).bn\(depthwise + 1)")
      renames += Rename.squeeze("\(file).\(depthwise + 1)", block)
      renames += Rename.normalized("\(file).\(depthwise + 2)", linear(block, stage), "\(block).bn\(depthwise + 2)")
    }
    return NamingScheme(library: .torchvision, telltale: "features.7.0.block.3.0.weight", renames: renames)
  }()

  private static let torchvisionEfficientNetV2: NamingScheme = {
    var renames = Rename.normalized("features.0", "conv_stem", "bn1")
    renames += Rename.normalized("features.7", "conv_head", "bn2")
    renames += Rename.module("classifier.1", "classifier")
    for stage in 0..<6 {
      let (file, block) = ("features.\(stage + 1).*.block", "blocks.\(stage).*")
      let convolutions =
        switch stage {
        case 0: ["conv"]
        case 1, 2: ["conv_exp", "conv_pwl"]
        default: ["conv_pw", "conv_dw", "conv_pwl"]
        }
      for (index, convolution) in convolutions.enumerated() {
        // Squeezing stands before the last of three.
        let place = index == 2 ? 3 : index
        renames += Rename.normalized("\(file).\(place)", "\(block).\(convolution)", "\(block).bn\(index + 1)")
      }
      renames += Rename.squeeze("\(file).2", block)
    }
    return NamingScheme(library: .torchvision, telltale: "features.7.0.weight", renames: renames)
  }()

  private static let torchvisionMobileNetV2: NamingScheme = {
    var renames = Rename.normalized("features.0", "conv_stem", "bn1")
    renames += Rename.normalized("features.18", "conv_head", "bn2")
    renames += Rename.module("classifier.1", "classifier")
    for (index, place) in places([1, 2, 3, 4, 3, 3, 1]).enumerated() {
      let (file, block) = ("features.\(index + 1).conv", "blocks.\(place.stage).\(place.block)")
      let depthwise = place.stage == 0 ? 0 : 1
      if place.stage > 0 { renames += Rename.normalized("\(file).0", "\(block).conv_pw", "\(block).bn1") }
      renames += Rename.normalized("\(file).\(depthwise)", "\(block).conv_dw", "\(block).bn\(depthwise + 1)")
      renames += Rename.module("\(file).\(depthwise + 1)", linear(block, place.stage), tensors: ["weight"])
      renames += Rename.norm("\(file).\(depthwise + 2)", "\(block).bn\(depthwise + 2)")
    }
    return NamingScheme(library: .torchvision, telltale: "features.1.conv.0.0.weight", renames: renames)
  }()

  private static let torchvisionMobileNetV3Large = torchvisionMobileNetV3([1, 2, 3, 4, 2, 3], squeezed: [2, 4, 5])
  private static let torchvisionMobileNetV3Small = torchvisionMobileNetV3([1, 2, 3, 2, 3], squeezed: [0, 2, 3, 4])

  /// - Parameter blocks: of each stage.
  private static func torchvisionMobileNetV3(_ blocks: [Int], squeezed: Set<Int>) -> NamingScheme {
    let places = places(blocks)
    let last = "blocks.\(blocks.count).0"
    var renames = Rename.normalized("features.0", "conv_stem", "bn1")
    renames += Rename.normalized("features.\(places.count + 1)", "\(last).conv", "\(last).bn1")
    renames += Rename.module("classifier.0", "conv_head") + Rename.module("classifier.3", "classifier")
    for (index, place) in places.enumerated() {
      let (file, block) = ("features.\(index + 1).block", "blocks.\(place.stage).\(place.block)")
      let depthwise = place.stage == 0 ? 0 : 1
      if place.stage > 0 { renames += Rename.normalized("\(file).0", "\(block).conv_pw", "\(block).bn1") }
      renames += Rename.normalized("\(file).\(depthwise)", "\(block).conv_dw", "\(block).bn\(depthwise + 1)")
      var next = depthwise + 1
      if squeezed.contains(place.stage) {
        renames += Rename.squeeze("\(file).\(next)", block)
        next += 1
      }
      renames += Rename.normalized("\(file).\(next)", linear(block, place.stage), "\(block).bn\(depthwise + 2)")
    }
    let telltale = "features.\(places.count).block.0.0.weight"
    return NamingScheme(library: .torchvision, telltale: telltale, renames: renames)
  }

  // MARK: efficientnet_pytorch

  /// Blocks are counted through, so that each depth has a scheme; the deepest is looked for first.
  private static let efficientNetPyTorch = [
    [2, 4, 4, 6, 6, 8, 2], [1, 4, 4, 6, 6, 8, 1], [2, 3, 3, 5, 5, 6, 2], [1, 3, 3, 5, 5, 6, 1], [2, 3, 3, 4, 4, 5, 2],
    [1, 3, 3, 4, 4, 5, 1], [1, 2, 2, 3, 3, 4, 1],
  ].map(efficientNetPyTorch)

  private static func efficientNetPyTorch(_ blocks: [Int]) -> NamingScheme {
    let places = places(blocks)
    var renames = Rename.module("_conv_stem", "conv_stem", tensors: ["weight"]) + Rename.norm("_bn0", "bn1")
    renames += Rename.module("_conv_head", "conv_head", tensors: ["weight"]) + Rename.norm("_bn1", "bn2")
    renames += Rename.module("_fc", "classifier")
    for (index, place) in places.enumerated() {
      let (file, block) = ("_blocks.\(index)", "blocks.\(place.stage).\(place.block)")
      let depthwise = place.stage == 0 ? 0 : 1
      if place.stage > 0 {
        renames += Rename.module("\(file)._expand_conv", "\(block).conv_pw", tensors: ["weight"])
        renames += Rename.norm("\(file)._bn0", "\(block).bn1")
      }
      renames += Rename.module("\(file)._depthwise_conv", "\(block).conv_dw", tensors: ["weight"])
      renames += Rename.norm("\(file)._bn1", "\(block).bn\(depthwise + 1)")
      renames += Rename.module("\(file)._se_reduce", "\(block).se.conv_reduce")
      renames += Rename.module("\(file)._se_expand", "\(block).se.conv_expand")
      renames += Rename.module("\(file)._project_conv", linear(block, place.stage), tensors: ["weight"])
      renames += Rename.norm("\(file)._bn2", "\(block).bn\(depthwise + 2)")
    }
    let telltale = "_blocks.\(places.count - 1)._depthwise_conv.weight"
    return NamingScheme(library: .efficientNetPyTorch, telltale: telltale, renames: renames)
  }

  // MARK: Blocks

  /// Stage and place in the stage of every block, in the network's order.
  private static func places(_ blocks: [Int]) -> [(stage: Int, block: Int)] {
    blocks.enumerated().flatMap { stage, count in (0..<count).map { (stage, $0) } }
  }

  /// The last convolution of a block.
  private static func linear(_ block: String, _ stage: Int) -> String {
    stage == 0 ? "\(block).conv_pw" : "\(block).conv_pwl"
  }
}

extension Rename {
  fileprivate static func norm(_ file: String, _ name: String) -> [Rename] {
    let tensors = ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"]
    return module(file, name, tensors: tensors)
  }

  /// A convolution and its BatchNorm.
  fileprivate static func normalized(_ file: String, _ convolution: String, _ norm: String) -> [Rename] {
    module("\(file).0", convolution, tensors: ["weight"]) + self.norm("\(file).1", norm)
  }

  fileprivate static func squeeze(_ file: String, _ block: String) -> [Rename] {
    module("\(file).fc1", "\(block).se.conv_reduce") + module("\(file).fc2", "\(block).se.conv_expand")
  }
}
