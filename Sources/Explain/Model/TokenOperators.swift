/// `(x - mean) / sqrt(variance + epsilon) * weight + bias`, with the mean and the (biased) variance of each token's
/// channels.
///
/// J. L. Ba et al., "Layer Normalization", 2016.
public struct LayerNorm: Sendable, Equatable, Codable {
  /// In (0, 1].
  public var epsilon: Float
  /// Names of two F32 tensors `[C]`.
  public var weight, bias: String

  public init(epsilon: Float, weight: String, bias: String) {
    self.epsilon = epsilon
    self.weight = weight
    self.bias = bias
  }
}

/// How patches become the tokens of a Vision Transformer: row 0 is `classToken + positions[0]`, row `1 + i` is
/// `x[i] + positions[1 + i]` for pixel `i` in row-major order.
///
/// A. Dosovitskiy et al., "An Image is Worth 16x16 Words", ICLR 2021.
public struct TokenEmbedding: Sendable, Equatable, Codable {
  /// Name of an F32 tensor `[C]`.
  public var classToken: String
  /// Name of an F32 tensor `[1 + h * w, C]`.
  public var positions: String

  public init(classToken: String, positions: String) {
    self.classToken = classToken
    self.positions = positions
  }
}

/// `softmax(q k^T / sqrt(C / heads)) v` in each head.
///
/// The input's channels are q, k and v one after the other, `C` each; inside each of them a head's `C / heads` channels
/// are contiguous. The output's channels are the heads, one after the other.
public struct Attention: Sendable, Equatable, Codable {
  /// Divides `C`.
  public var heads: Int

  public init(heads: Int) { self.heads = heads }
}

/// The image that tokens show, in pixels.
public struct ImageTokens: Sendable, Equatable, Codable {
  public var height, width: Int

  public init(height: Int, width: Int) {
    self.height = height
    self.width = width
  }
}
