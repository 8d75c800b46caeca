/// What a safetensors file is to this program.
public enum SafetensorsContents: Sendable, Equatable {
  case model
  /// What `explain --raw` writes.
  case rawOutput
  /// What `train` goes on from; it holds a head in full precision.
  case checkpoint
  /// A trained head without a network.
  case head
  /// Anything else: most likely the weights of a network.
  case weights

  /// The key of the metadata that checkpoints alone have.
  static let checkpointKey = "training"

  init(_ file: Safetensors) {
    func holds(_ names: String...) -> Bool { names.allSatisfy { file.entries[$0] != nil } }
    if file.metadata[Model.MetadataKey.format] == Model.format {
      self = .model
    } else if file.metadata[Self.checkpointKey] != nil {
      self = .checkpoint
    } else if holds("logits", "probabilities", "map", "saliency") {
      self = .rawOutput
    } else if holds("fuse.weight") || holds("\(HeadDescription.prefix)fuse.weight") {
      self = .head
    } else {
      self = .weights
    }
  }
}
