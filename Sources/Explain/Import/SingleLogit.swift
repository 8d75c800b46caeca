import Kernels

/// A network with one output z, which a sigmoid makes a probability, as one with two classes and a softmax.
///
/// The classes' logits are -z/2 and z/2: softmax(-z/2, z/2) = (1 - sigmoid(z), sigmoid(z)). So the map of the negative class
/// is that of the positive one with the opposite sign, and whatever works for classes works here.
enum SingleLogit {
  /// Of the negative class, which is 0, and the positive one, which is 1.
  static let logitFactors = [-0.5, 0.5]
  /// Of a trained head's maps, of which the positive class has the one that was trained.
  static let mapFactors = [-1.0, 1.0]

  /// The labels of both classes.
  ///
  /// - Parameter given: two labels, negative first; one, which is the positive class's; or none.
  static func labels(_ given: [String]) -> [String] {
    switch given.count {
    case 0: ["negative", "positive"]
    case 1: ["not " + given[0], given[0]]
    default: given
    }
  }
}

extension GraphBuilder {
  /// Makes two classes of a classifier with one output.
  ///
  /// - Parameter logits: the node of the classifier, a layer with weights.
  /// - Returns: whether it has one output.
  mutating func splitSingleLogit(_ logits: String) -> Bool {
    guard shape(logits).channels == 1, let layer = layers.first(where: { $0.node == logits }) else { return false }
    let factors = SingleLogit.logitFactors
    let reduction = layer.layout.reduction
    var split = layer
    split.layout = TensorLayout(
      .dense, kernelHeight: reduction.kernelHeight, kernelWidth: reduction.kernelWidth,
      inputChannels: reduction.channels, outputChannels: factors.count,
      precision: layer.layout.precision)
    split.weights.rows = factors.map { _ in 0 }
    split.factors = factors
    replace(split, outputs: factors.count)
    return true
  }
}
