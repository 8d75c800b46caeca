/// Why a model file is refused.
public enum ModelError: Error, Equatable, Sendable, CustomStringConvertible {
  case safetensors(SafetensorsError)
  /// A safetensors file of something else; `path` is the file, for the advice.
  case notAModel(path: String, SafetensorsContents)
  case unsupportedVersion(String)
  /// The JSON of the description is malformed, or lacks a key.
  case badDescription(String)

  case graph(GraphError)

  case missingTensor(node: String, tensor: String)
  /// The description names a tensor that this precision does not have, or lacks one that it needs.
  case unexpectedTensorName(node: String, role: String)
  case missingTensorName(node: String, role: String)
  case wrongDType(tensor: String, expected: DType, found: DType)
  case wrongShape(tensor: String, expected: [Int], found: [Int])
  case misaligned(tensor: String, alignment: Int)
  case badValue(tensor: String, index: Int, value: Float, expected: String)

  case preprocessing(PreprocessingError)
  /// The network's input does not have the crop's size and the channels of its colours.
  case wrongInputShape(Shape, crop: PixelSize)
  case wrongLabelCount(labels: Int, classes: Int)
  case wrongClassCount(classes: Int, output: Shape)
  case badFeatureLayer(name: String, node: String)
  case wrongBranchCount(branches: Int, featureLayers: Int)
  case badBranch(index: Int, node: String, expected: Shape, found: Shape?)

  public var description: String {
    switch self {
    case .safetensors(let error):
      error.description
    case .notAModel(let path, let contents):
      "is not a model, but \(contents.isNoModel(path.shownPath))"
    case .unsupportedVersion(let version):
      "model format version \(version), this program reads version \(Model.formatVersion)"
    case .badDescription(let message):
      "model description: \(message)"
    case .graph(let error):
      error.description
    case .missingTensor(let node, let tensor):
      "node \(node) needs the tensor \(tensor), which the file lacks"
    case .unexpectedTensorName(let node, let role):
      "node \(node) names a \(role) tensor, which its precision does not have"
    case .missingTensorName(let node, let role):
      "node \(node) names no \(role) tensor"
    case .wrongDType(let tensor, let expected, let found):
      "tensor \(tensor) is \(found.rawValue), expected \(expected.rawValue)"
    case .wrongShape(let tensor, let expected, let found):
      "tensor \(tensor) has the shape \(found), expected \(expected)"
    case .misaligned(let tensor, let alignment):
      "tensor \(tensor) does not start at a multiple of \(alignment) bytes"
    case .badValue(let tensor, let index, let value, let expected):
      "tensor \(tensor) holds \(value) at \(index), expected \(expected)"
    case .preprocessing(let error):
      "preprocessing: \(error)"
    case .wrongInputShape(let shape, let crop):
      "the input is \(shape), the crop \(crop)"
    case .wrongLabelCount(let labels, let classes):
      "\(labels) labels for \(classes) classes"
    case .wrongClassCount(let classes, let output):
      "the model claims \(classes) classes, its output has the shape \(output)"
    case .badFeatureLayer(let name, let node):
      "feature layer \(name) reads \(node), which is not a node of the graph"
    case .wrongBranchCount(let branches, let featureLayers):
      "the head has \(branches) branches for \(featureLayers) feature layers"
    case .badBranch(let index, let node, let expected, let found):
      "head branch \(index) reads \(node) of shape \(found.map(\.description) ?? "unknown"), expected \(expected)"
    }
  }
}

extension SafetensorsContents {
  /// What it is, and what makes a model of it.
  fileprivate func isNoModel(_ path: String) -> String {
    switch self {
    case .model, .weights: "weights; make one with: ttame-lite import \(path) -o MODEL.safetensors"
    case .rawOutput: "output of --raw; give the model that wrote it"
    case .checkpoint: "a checkpoint of 'train'; continue with 'train --resume', or give the model that it wrote"
    case .head: "a trained head; make one with: ttame-lite import WEIGHTS --head \(path) -o MODEL.safetensors"
    }
  }
}
