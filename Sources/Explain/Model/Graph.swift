/// The computation of a model as a list of operators, each naming the nodes it reads.
///
/// A node's name is also the name of the one tensor it produces. Tensors are `[height, width, channels]` for one image;
/// `tokens x channels` is the same with height 1. Nodes stand in an order in which every input comes before its reader.
public struct Graph: Sendable, Equatable, Codable {
  /// Name of the network's input, `[size, size, 3]`, normalised.
  public var input: String
  /// Shape of the network's input. In an int8 model the dense layers that read it see the pixels 0...255 instead of the
  /// normalised values: exact levels with one scale of 1. Their weights and biases contain the normalisation.
  public var inputShape: Shape
  public var nodes: [Node]
  /// Node that yields the logits, `[1, 1, classes]`.
  public var output: String

  public init(input: String, inputShape: Shape, nodes: [Node], output: String) {
    self.input = input
    self.inputShape = inputShape
    self.nodes = nodes
    self.output = output
  }
}

/// Height, width and channels of one image's activations, stored in this order (NHWC with N = 1).
public struct Shape: Sendable, Equatable, Hashable, Codable, CustomStringConvertible {
  public var height, width, channels: Int

  public init(_ height: Int, _ width: Int, _ channels: Int) {
    self.height = height
    self.width = width
    self.channels = channels
  }

  /// Pixels (or tokens).
  public var pixels: Int { height * width }
  /// Elements.
  public var count: Int { height * width * channels }
  public var description: String { "\(height)x\(width)x\(channels)" }
}

/// One operator of a graph.
public struct Node: Sendable, Equatable {
  public var name: String
  var op: any GraphOperator
  public var inputs: [String]

  init(_ name: String, _ op: any GraphOperator, _ inputs: [String]) {
    self.name = name
    self.op = op
    self.inputs = inputs
  }

  public static func == (a: Node, b: Node) -> Bool {
    a.name == b.name && a.inputs == b.inputs && a.op.isEqual(to: b.op)
  }
}
