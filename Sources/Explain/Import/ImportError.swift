/// Why weights cannot be imported. The text follows the path of the weights, except where a case names another file.
public enum ImportError: Error, Equatable, Sendable, CustomStringConvertible {
  case weights(SafetensorsError)
  case onnx(ONNXError)
  /// A node of an ONNX graph that no rule understands, as it is described.
  case unsupportedNode(String, reason: String)
  case unsupportedInput(String)
  /// An output that is no vector of classes.
  case noClassifier(Shape)
  /// One of the files that an index lists.
  case shard(path: String, SafetensorsError)
  case missingInShard(tensor: String, shard: String)
  case badShardIndex(String)
  /// Anything that is wrong with the head's file.
  indirect case head(path: String, ImportError)
  /// Anything that is wrong with the auxiliary network's file.
  indirect case auxiliary(path: String, ImportError)
  /// An auxiliary network without a head that was trained on its features.
  case auxiliaryWithoutHead
  case labels(path: String, FileError)
  case badLabels(path: String, LabelFileError)
  case output(path: String, FileError)
  /// The model in Float that an int8 model is compared with cannot be read again.
  case reference(ModelError)

  case unknownArchitecture(String, known: [String])
  case unrecognized(known: [String])
  /// Weights of the same names and shapes belong to all of these, which compute differently.
  case ambiguousArchitecture([String])
  /// An architecture was given for a model that brings its own graph.
  case architectureOfGraph
  case missingTensors([String])
  case unexpectedTensors([String])
  case wrongShape(tensor: String, expected: [Int], found: [Int])
  case notFloating(tensor: String, dtype: DType)
  /// A weight, or a value that BatchNorm folding makes of it, is infinite or not a number.
  case notFinite(tensor: String)
  case graph(GraphError)

  /// The network cannot be built for images of this size.
  case unsupportedCrop(PixelSize, reason: String)
  case badMetadata(key: String, value: String)
  /// A file beside the weights that says how they are used cannot be read, or makes no sense.
  case configuration(path: String, FileError)
  case badConfiguration(path: String, String)
  /// Colours that the network's input has no channels for.
  case wrongColor(ColorOrder, channels: Int)
  case preprocessing(PreprocessingError)
  /// A mean or standard deviation that no pixels can have, or not on the scale of the other.
  case pixelStatistics(name: String, [Float], problem: String)
  /// A safetensors file, but of something else than a network's weights.
  case notWeights(path: String, SafetensorsContents)
  case wrongLabelCount(labels: Int, classes: Int)
  /// No tensor has the name of a feature layer; `near` is one that looks like it.
  case unknownLayer(String, near: String?)
  case repeatedLayer(String)
  /// A feature layer that is no image.
  case flatLayer(String, Shape)
  /// A pattern that matches no layer with weights.
  case unknownFloatLayer(String, near: String?)
  /// `labelOffset` without labels, or beyond them.
  case noLabelsToShift
  case badLabelOffset(Int, labels: Int)
  /// `--head cam` needs a last feature layer that is averaged and read by the linear classifier.
  case noClassActivationMapping(architecture: String)
  /// A variant of the reference implementation's attention mechanism.
  case unsupportedHeadVersion(String)
  case wrongHeadClasses(rows: Int, classes: Int, indices: [Int])

  public var description: String {
    switch self {
    case .weights(let error):
      error.description
    case .onnx(let error):
      error.description
    case .unsupportedNode(let node, let reason):
      "node \(node): \(reason)"
    case .unsupportedInput(let reason):
      "\(reason)"
    case .noClassifier(let shape):
      "the output is \(shape), not one value for each class"
    case .shard(let path, let error):
      "shard \(path): \(error)"
    case .missingInShard(let tensor, let shard):
      "shard \(shard): the index lists tensor \(tensor) there, which it lacks"
    case .badShardIndex(let message):
      "index of shards: \(message)"
    case .head(let path, let error):
      "head \(path): \(error)"
    case .auxiliary(let path, let error):
      "auxiliary network \(path): \(error)"
    case .auxiliaryWithoutHead:
      "an auxiliary network needs a head that was trained on its features"
    case .labels(let path, let error):
      "labels \(path): \(error)"
    case .badLabels(let path, let error):
      "labels \(path.shownPath): \(error)"
    case .output(let path, let error):
      "output \(path): \(error)"
    case .reference(let error):
      "the float32 model for the comparison: \(error)"
    case .unknownArchitecture(let name, let known):
      "unknown architecture \(name); known are \(known.joined(separator: ", "))"
    case .unrecognized(let known):
      "no known architecture has these tensors; known are \(known.joined(separator: ", ")); others can come as ONNX"
    case .architectureOfGraph:
      "an ONNX model brings its own graph, so no architecture can be given"
    case .ambiguousArchitecture(let names):
      "the weights fit \(names.joined(separator: " and ")), which compute differently; say which with --arch"
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
    case .unsupportedCrop(let crop, let reason):
      "a crop of \(crop.isSquare ? "\(crop.width)" : "\(crop)") does not fit: \(reason)"
    case .badMetadata(let key, let value):
      "metadata \(key) is \(value), which makes no sense; give the value as an option"
    case .configuration(let path, let error):
      "\(path.shownPath): \(error)"
    case .badConfiguration(let path, let problem):
      "\(path.shownPath): \(problem)"
    case .wrongColor(let color, let channels):
      "the network reads \(counted(channels, "channel")), which is not \(color.rawValue)"
    case .preprocessing(let error):
      "preprocessing: \(error)"
    case .pixelStatistics(let name, let values, let problem):
      "\(name) \(PixelStatistics.written(values)) \(problem)"
    case .notWeights(let path, let contents):
      contents.isNoWeights(path.shownPath)
    case .wrongLabelCount(let labels, let classes):
      "\(counted(labels, "label")) for \(counted(classes, "class", plural: "classes")) of the network"
        + (classes == labels + 1 ? "; with --label-offset 1, class 0 is the background" : "")
        + (labels == classes + 1 ? "; --label-offset -1 leaves out the first" : "")
    case .unknownLayer(let name, let near):
      "no tensor is named \(name); "
        + (near.map { "did you mean \($0)?" } ?? "`ttame-lite info MODEL --nodes` lists the names of an imported model")
    case .repeatedLayer(let name):
      "\(name) is given twice"
    case .flatLayer(let name, let shape):
      "\(name) is \(shape), which has no height and width; choose a tensor in front of the pooling"
    case .unknownFloatLayer(let pattern, let near):
      "no layer is named \(pattern)" + (near.map { "; did you mean \($0)?" } ?? "; * stands for any text")
    case .noLabelsToShift:
      "an offset needs labels; none are given or found"
    case .badLabelOffset(let offset, let labels):
      "an offset of \(offset) does not fit \(counted(labels, "label"))"
    case .noClassActivationMapping(let architecture):
      "\(architecture) has no average pooling and linear classifier behind its last feature layer; use another head"
    case .unsupportedHeadVersion(let version):
      "the attention version \(version) is not the paper's"
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

extension SafetensorsContents {
  /// What it is, and where it belongs.
  fileprivate func isNoWeights(_ path: String) -> String {
    switch self {
    case .model: "is a ttame-lite model already, not weights; use it with: --model \(path)"
    case .rawOutput: "is output of --raw, not weights"
    case .checkpoint, .head: "is a trained head, not weights; use it with: ttame-lite import WEIGHTS --head \(path)"
    case .weights: "are weights"
    }
  }
}
