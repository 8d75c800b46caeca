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
  static let all = resNets + vggs + visionTransformers + [efficientNetLite0]

  static var names: [String] { all.map(\.name) }

  /// The architecture asked for, or else the first that recognises the weights.
  static func find(_ name: String?, for state: StateDict) throws(ImportError) -> Architecture {
    guard let name else {
      guard let match = all.first(where: { $0.recognizes(state) }) else { throw .unrecognized(known: names) }
      return match
    }
    let wanted = name.foldedName
    guard let match = all.first(where: { ([$0.name] + $0.aliases).contains { $0.foldedName == wanted } }) else {
      throw .unknownArchitecture(name, known: names)
    }
    return match
  }
}

extension Preprocessing {
  /// torchvision's preprocessing of ImageNet classifiers.
  static let torchvision = Preprocessing(
    resize: 256, crop: 224, interpolation: .bilinear, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225])
}
