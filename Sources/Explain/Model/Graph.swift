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
  public var op: Operator
  public var inputs: [String]

  public init(_ name: String, _ op: Operator, _ inputs: [String]) {
    self.name = name
    self.op = op
    self.inputs = inputs
  }
}

/// What a node computes. Engines know these and nothing of architectures.
public enum Operator: Sendable, Equatable {
  /// Dense convolution; a linear layer is the 1 x 1 case on a 1 x 1 image or on tokens.
  case convolution(Convolution, WeightNames)
  /// Each channel with its own kernel.
  case depthwiseConvolution(Convolution, WeightNames)
  /// Element-wise.
  case activation(Activation)
  /// Sum of two tensors of equal shape.
  case add
  /// Padding counts as minus infinity.
  case maxPool(Window)
  /// Mean over all pixels: `[1, 1, channels]`.
  case globalAveragePool
  /// Normalises every token over its channels: `[h, w, C]` to the same shape.
  case layerNorm(LayerNorm)
  /// Makes tokens of an image: `[h, w, C]` to `[1, 1 + h * w, C]`.
  case tokens(TokenEmbedding)
  /// Multi-head self-attention: `[1, T, 3 C]` to `[1, T, C]`.
  case attention(Attention)
  /// The class token: `[1, T, C]` to `[1, 1, C]`.
  case firstToken
  /// Makes an image of tokens: `[1, 1 + height * width, C]` to `[height, width, C]`, the class token dropped.
  case imageTokens(ImageTokens)
}

public enum Activation: String, Sendable, Equatable, Codable {
  /// `max(x, 0)`
  case relu
  /// `min(max(x, 0), 6)`
  case relu6
  /// `x * P(x)` with the normal distribution P: `x / 2 * (1 + erf(x / sqrt(2)))`, without approximation.
  ///
  /// D. Hendrycks, K. Gimpel, "Gaussian Error Linear Units", 2016.
  case gelu
}

/// Kernel size, stride and padding. Padding may differ between the sides (TensorFlow's "SAME").
public struct Window: Sendable, Equatable, Codable {
  public var kernelHeight, kernelWidth, stride: Int
  public var top, left, bottom, right: Int

  public init(kernel: Int, stride: Int = 1, padding: Int = 0) {
    (kernelHeight, kernelWidth, self.stride) = (kernel, kernel, stride)
    (top, left, bottom, right) = (padding, padding, padding, padding)
  }

  public init(kernelHeight: Int, kernelWidth: Int, stride: Int, top: Int, left: Int, bottom: Int, right: Int) {
    (self.kernelHeight, self.kernelWidth, self.stride) = (kernelHeight, kernelWidth, stride)
    (self.top, self.left, self.bottom, self.right) = (top, left, bottom, right)
  }
}

public struct Convolution: Sendable, Equatable, Codable {
  public var window: Window
  public var outputChannels: Int

  public init(window: Window, outputChannels: Int) {
    self.window = window
    self.outputChannels = outputChannels
  }
}

/// Names of a layer's tensors in the model file.
///
/// `P` = panels of 16 output channels, `G` = groups and `B` = blocks of the layer's `ReductionLayout`, `C` = channels
/// rounded up to 16.
///
/// | tensor | dense, int8 | dense, float32 | depthwise, int8 | depthwise, float32 |
/// |---|---|---|---|---|
/// | weight | I8 `[P, G, 16, 4]` | F32 `[P, 4G, 16]` | I8 `[kernelHeight * kernelWidth, C]` | F32 the same |
/// | scale | F32 `[P, 16]` | absent | F32 `[C]` | absent |
/// | bias | F32 `[P, 16]` | F32 `[P, 16]` | F32 `[C]` | F32 `[C]` |
/// | columnSums | I32 `[P, B, 16]` | absent | absent | absent |
public struct WeightNames: Sendable, Equatable, Codable {
  public var weight: String
  public var scale: String?
  public var bias: String
  public var columnSums: String?

  public init(weight: String, scale: String?, bias: String, columnSums: String?) {
    self.weight = weight
    self.scale = scale
    self.bias = bias
    self.columnSums = columnSums
  }
}
