/// Why a graph cannot be computed. Each case names the node.
public enum GraphError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A dimension of the network's input is not positive, or beyond all bounds.
  case badInputShape(Shape)
  case tooManyNodes(Int)
  case duplicateName(String)
  case emptyName(index: Int)
  /// No node has this name.
  case unknownInput(node: String, input: String)
  /// The input is produced at or after the node itself; every cycle contains such a node.
  case inputNotYetComputed(node: String, input: String)
  case wrongInputCount(node: String, expected: ClosedRange<Int>, found: Int)
  /// An attribute is out of the range that any operator could compute.
  case badAttribute(node: String, attribute: String, value: Int)
  /// The kernel does not fit into the padded input.
  case windowTooLarge(node: String, kernel: [Int], paddedInput: [Int])
  /// The two tensors of a sum differ in shape.
  case unequalShapes(node: String, Shape, Shape)
  /// Two tensors whose channels are put together differ in height or width.
  case unequalSides(node: String, Shape, Shape)
  /// A depthwise convolution yields another number of channels than it reads.
  case channelMismatch(node: String, expected: Int, found: Int)
  /// An operator on tokens reads an image of several rows.
  case notTokens(node: String, Shape)
  /// The tokens are not a class token and the pixels of the image that they should show.
  case wrongTokenCount(node: String, expected: Int, found: Int)
  case badEpsilon(node: String, Float)
  case tensorTooLarge(node: String, Shape)
  /// The nodes up to this one ask for more multiplications than `limit`.
  case tooMuchWork(node: String, limit: Int)
  case unknownOutput(String)

  public var description: String {
    switch self {
    case .badInputShape(let shape):
      "the input shape \(shape) is not possible"
    case .tooManyNodes(let count):
      "\(count) nodes, at most \(GraphLimits.nodes) are allowed"
    case .duplicateName(let name):
      "two nodes are named \(name)"
    case .emptyName(let index):
      "node \(index) has no name"
    case .unknownInput(let node, let input):
      "node \(node) reads \(input), which does not exist"
    case .inputNotYetComputed(let node, let input):
      "node \(node) reads \(input), which is not computed before it"
    case .wrongInputCount(let node, let expected, let found):
      "node \(node) has \(found) inputs, its operator takes "
        + (expected.count == 1 ? "\(expected.lowerBound)" : "\(expected.lowerBound) to \(expected.upperBound)")
    case .badAttribute(let node, let attribute, let value):
      "node \(node) has the \(attribute) \(value), which is not possible"
    case .windowTooLarge(let node, let kernel, let paddedInput):
      "node \(node) has the kernel \(kernel), larger than its padded input \(paddedInput)"
    case .unequalShapes(let node, let first, let second):
      "node \(node) adds \(first) and \(second)"
    case .unequalSides(let node, let first, let second):
      "node \(node) concatenates \(first) and \(second), whose height or width differs"
    case .channelMismatch(let node, let expected, let found):
      "node \(node) has \(found) channels, its input has \(expected)"
    case .notTokens(let node, let shape):
      "node \(node) reads tokens, its input has the shape \(shape)"
    case .wrongTokenCount(let node, let expected, let found):
      "node \(node) needs \(expected) tokens, its input has \(found)"
    case .badEpsilon(let node, let value):
      "node \(node) has the epsilon \(value), it must lie above 0 and not above 1"
    case .tensorTooLarge(let node, let shape):
      "node \(node) yields \(shape), too large to compute"
    case .tooMuchWork(let node, let limit):
      "the nodes up to \(node) take more than \(limit) multiplications"
    case .unknownOutput(let name):
      "the output \(name) is not a node of the graph"
    }
  }
}

/// Bounds on what a graph may ask for, far above any real classifier, so that arithmetic on sizes cannot overflow and a
/// hostile file cannot ask for absurd amounts of memory.
enum GraphLimits {
  /// Planning takes time with the square of their number.
  static let nodes = 1 << 12
  /// Tensors that one node reads.
  static let inputs = 1 << 8
  static let side = 1 << 14
  static let channels = 1 << 20
  static let kernel = 1 << 8
  static let stride = 1 << 8
  /// Kernel height x kernel width x input channels.
  static let reduction = 1 << 20
  /// Elements of one tensor of activations.
  static let elements = 1 << 28
  /// Multiplications of all nodes for one image: some twenty times those of ViT-L/16 at 384 pixels.
  static let work = 1 << 42
}
