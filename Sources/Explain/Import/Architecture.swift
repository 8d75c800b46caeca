/// A network that the importer can build: how it is recognised, and how it is put together.
struct Architecture: Sendable {
  /// Such as `resnet50`; what `--arch` takes.
  var name: String
  /// Other names that `--arch` takes.
  var aliases: [String] = []
  /// Default name of the model.
  var modelName: String
  /// What the published weights were trained with.
  var preprocessing: @Sendable (StateDict) -> Preprocessing
  /// Whether names and shapes are this network's. A few telling tensors decide; `build` reports what is missing.
  var recognizes: @Sendable (StateDict) -> Bool
  /// Adds all nodes and feature layers; returns the node of the logits.
  var build: @Sendable (inout GraphBuilder) throws(ImportError) -> String

  /// Every architecture, in the order in which they are tried.
  static let all =
    resNets + vggs + visionTransformers + invertedResidualNetworks + denseNets + convNeXts + regNets

  static var names: [String] { all.map(\.name) }

  /// What the names are of, for people.
  private static let families = [
    "ResNet", "ResNeXt", "Wide ResNet", "VGG", "Vision Transformer", "EfficientNet", "EfficientNetV2",
    "MobileNetV1", "MobileNetV2", "MobileNetV3", "MobileNetV4", "MnasNet", "DenseNet", "ConvNeXt", "RegNet",
  ]

  /// The architecture asked for, or else the one that recognises the weights.
  ///
  /// - Parameter said: what the weights say to be; it decides where several recognise them.
  static func find(_ name: String?, said: String? = nil, for state: StateDict) throws(ImportError) -> Architecture {
    if let name {
      guard
        let match = all.first(where: { $0.isCalled(name) }) ?? all.first(where: { $0.isCalled(name, withWidth: true) })
      else { throw .unknownArchitecture(name, known: names) }
      return match
    }
    let matches = all.filter { $0.recognizes(state) }
    guard let first = matches.first else { throw .unrecognized(known: families) }
    if matches.count == 1 { return first }
    guard let said,
      let match = matches.first(where: { $0.isCalled(said) || said.foldedName.hasPrefix($0.name.foldedName) })
    else { throw .ambiguousArchitecture(matches.map(\.name)) }
    return match
  }

  /// - Parameter withWidth: whether a width follows the name, as timm has it: `mobilenetv3_small_100`.
  private func isCalled(_ name: String, withWidth: Bool = false) -> Bool {
    var wanted = name
    if withWidth {
      guard let end = name.lastIndex(where: { !$0.isNumber }), name[end] == "_" else { return false }
      wanted = String(name[..<end])
    }
    return ([self.name] + aliases).contains { $0.foldedName == wanted.foldedName }
  }
}

extension Preprocessing {
  /// torchvision's preprocessing of ImageNet classifiers.
  static let torchvision = Preprocessing(
    resize: 256, crop: 224, interpolation: .bilinear, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225])
}
