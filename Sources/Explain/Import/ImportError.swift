/// Why weights cannot be imported. The text follows the path of the weights, except where a case names another file.
public enum ImportError: Error, Equatable, Sendable, CustomStringConvertible {
  case weights(SafetensorsError)
  /// Anything that is wrong with the head's file.
  indirect case head(path: String, ImportError)
  case labels(path: String, FileError)
  case labelsNotText(path: String)
  case output(path: String, FileError)

  case unknownArchitecture(String, known: [String])
  case unrecognized(known: [String])
  case missingTensors([String])
  case unexpectedTensors([String])
  case wrongShape(tensor: String, expected: [Int], found: [Int])
  case notFloating(tensor: String, dtype: DType)
  /// A weight, or a value that BatchNorm folding makes of it, is infinite or not a number.
  case notFinite(tensor: String)
  case graph(GraphError)

  case badMetadata(key: String, value: String)
  case preprocessing(PreprocessingError)
  case wrongLabelCount(labels: Int, classes: Int)
  /// `--head cam` needs a last feature layer that is averaged and read by the linear classifier.
  case noClassActivationMapping(architecture: String)
  case wrongHeadClasses(rows: Int, classes: Int, indices: [Int])

  public var description: String {
    switch self {
    case .weights(let error):
      error.description
    case .head(let path, let error):
      "head \(path): \(error)"
    case .labels(let path, let error):
      "labels \(path): \(error)"
    case .labelsNotText(let path):
      "labels \(path): not UTF-8 text"
    case .output(let path, let error):
      "output \(path): \(error)"
    case .unknownArchitecture(let name, let known):
      "unknown architecture \(name); known are \(known.joined(separator: ", "))"
    case .unrecognized(let known):
      "no known architecture has these tensors; known are \(known.joined(separator: ", "))"
    case .missingTensors(let names):
      "\(Self.listed(names)) missing"
    case .unexpectedTensors(let names):
      "\(Self.listed(names)) not part of the architecture"
    case .wrongShape(let tensor, let expected, let found):
      "tensor \(tensor) has the shape \(found), expected \(expected)"
    case .notFloating(let tensor, let dtype):
      "tensor \(tensor) is \(dtype.rawValue); F32, F16 or BF16 is needed"
    case .notFinite(let tensor):
      "tensor \(tensor) holds, or folds into, a value that is not finite"
    case .graph(let error):
      error.description
    case .badMetadata(let key, let value):
      "metadata \(key) is \(value), which makes no sense; give the value as an option"
    case .preprocessing(let error):
      "preprocessing: \(error)"
    case .wrongLabelCount(let labels, let classes):
      "\(labels) labels for \(classes) classes"
    case .noClassActivationMapping(let architecture):
      "\(architecture) has no average pooling and linear classifier behind its last feature layer; use another head"
    case .wrongHeadClasses(let rows, let classes, let indices):
      "the head's \(rows) fuse rows do not stand for classes of \(classes): \(indices)"
    }
  }

  /// Up to four names, and how many more there are.
  private static func listed(_ names: [String]) -> String {
    let shown = names.prefix(4).joined(separator: ", ")
    let rest = names.count > 4 ? " and \(names.count - 4) more" : ""
    return "\(names.count == 1 ? "tensor" : "tensors") \(shown)\(rest) \(names.count == 1 ? "is" : "are")"
  }
}
