/// Why a head cannot be trained, or trained on.
public enum TrainingError: Error, Equatable, Sendable, CustomStringConvertible {
  case engine(EngineError)
  /// The model names no layers that a head could read.
  case noFeatureLayers
  /// A checkpoint, or the file of a head, is not what it should be.
  case checkpoint(SafetensorsError)
  case wrongShape(tensor: String, expected: [Int], found: [Int])
  case badCheckpoint(String)
  /// The checkpoint was made by other options, data or model.
  case otherRun(what: String, checkpoint: String, now: String)
  /// The network ends in a form that no start but a random one is known for.
  case noWarmStart(architecture: String)
  /// The loss, or what it is made of, is not finite any more.
  case notFinite(step: Int, loss: LossTerms, images: [String])
  case tooFewImages(found: Int, batch: Int)
  case output(path: String, FileError)
  case model(ImportError)

  public var description: String {
    switch self {
    case .engine(let error): "\(error)"
    case .noFeatureLayers: "the model names no feature layers for a head; import the network again"
    case .checkpoint(let error): "\(error)"
    case .wrongShape(let tensor, let expected, let found):
      "tensor \(tensor) has the shape \(found), expected \(expected)"
    case .badCheckpoint(let message): "not a checkpoint of this program: \(message)"
    case .otherRun(let what, let checkpoint, let now):
      "the checkpoint was made with \(what) \(checkpoint), not \(now); resume with the same settings"
    case .noWarmStart(let architecture):
      "\(architecture) has no warm start because it does not end in pooling and one linear layer; use --init random"
    case .notFinite(let step, let loss, let images):
      "step \(step): the loss is not finite (cross-entropy \(loss.crossEntropy), area \(loss.area), variation "
        + "\(loss.variation)); the last checkpoint is kept; try a lower --lr; images: \(images.map(\.shownPath).joined(separator: ", "))"
    case .tooFewImages(let found, let batch):
      "\(counted(found, "image")), less than a batch of \(batch); give more images or a smaller --batch"
    case .output(_, let error): "\(error)"
    case .model(let error): "\(error)"
    }
  }
}
