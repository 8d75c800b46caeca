/// Why a classifier cannot be taught.
public enum TeachingError: Error, Equatable, Sendable, CustomStringConvertible {
  case engine(EngineError)
  /// The network does not end in a linear layer on features of the entire image.
  case noLinearClassifier(architecture: String)
  /// A file of features is not what it should be.
  case features(SafetensorsError)
  case badFeatures(String)
  /// The features are those of something else.
  case otherFeatures(what: String, found: String, now: String)
  case output(path: String, FileError)
  /// The network has no layers that could be trained with its classifier.
  case noLastStage(architecture: String)
  /// None of the photographs can be read again.
  case noPhotographs
  case model(ImportError)
  /// The model that was written cannot be read.
  case written(ModelError)

  public var description: String {
    switch self {
    case .engine(let error): "\(error)"
    case .noLinearClassifier(let architecture):
      "\(architecture) does not end in one linear layer on features of the entire image, so it cannot be taught"
    case .features(let error): "\(error)"
    case .badFeatures(let message): "not a file of features of this program: \(message)"
    case .otherFeatures(let what, let found, let now): "the features were made with \(what) \(found), not \(now)"
    case .output(_, let error): "\(error)"
    case .noLastStage(let architecture): "\(architecture) has no last stage that could be trained"
    case .noPhotographs: "none of the photographs can be read again, so the last stage cannot be trained"
    case .model(let error): "\(error)"
    case .written(let error): "\(error)"
    }
  }
}
