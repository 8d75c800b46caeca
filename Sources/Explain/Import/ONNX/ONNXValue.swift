/// A value on the way through an ONNX graph.
enum ONNXValue {
  case constant(ONNXConstant)
  case activation(ONNXActivation)
  // Parts of what several nodes write out. A node of ours is made of them when a reader needs one.
  case view(ONNXView)
  case formula(ONNXFormula)
  case normalized(ONNXNormalization)
  case tokens(ONNXTokens)
  case scores(ONNXScores)
  case padded(ONNXPadding)
}

/// `(x - mean) / sqrt(variance + epsilon)` over the channels, and what follows it.
struct ONNXNormalization {
  var input: ONNXActivation
  var epsilon: Double
  /// Of each channel; nil where no node has multiplied or added anything yet.
  var weight, bias: ONNXConstant?
}

/// The tokens of an image, before or after position embeddings are added: `[1, prefix + pixels, channels]`.
struct ONNXTokens {
  var image: ONNXActivation
  /// Class token, registers: a row of channels each.
  var prefix: [[Float]] = []
  /// What is added to the image's tokens, `[pixels, channels]`; nil is nothing.
  var positions: [Float]?
}

/// The products of queries and keys, `[..., tokens, tokens]`, or the softmax of them.
struct ONNXScores {
  /// `[..., tokens, depth]`.
  var queries: ONNXView
  /// `[..., depth, tokens]`.
  var keys: ONNXView
  var factor = 1.0
  /// Added behind the factor, `[..., heads, tokens, tokens]`.
  var bias: ONNXConstant?
  var isSoftmax = false
}
