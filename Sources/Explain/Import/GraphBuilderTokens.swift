/// Layers of transformers. Tensors have the names that torchvision gives them.
extension GraphBuilder {
  /// Adds the class token in front of the pixels of `input`, and position embeddings: `classToken` `[1, 1, C]` and
  /// `positions` `[1, 1 + pixels, C]`.
  mutating func tokens(
    _ name: String, _ input: String, classToken: String, positions: String
  ) throws(ImportError) -> String {
    let image = shape(input)
    let embedding = TokenEmbedding(
      classToken: parameter(classToken, [1, 1, image.channels], storedShape: [image.channels]),
      positions: parameter(
        positions, [1, 1 + image.pixels, image.channels], storedShape: [1 + image.pixels, image.channels]))
    return try append(name, embedding, [input])
  }

  /// Adds a LayerNorm with `name.weight` and `name.bias`.
  ///
  /// - Parameter epsilon: by default that of the library that the weights come from.
  mutating func layerNorm(_ name: String, _ input: String, epsilon: Float? = nil) throws(ImportError) -> String {
    let channels = shape(input).channels
    let norm = LayerNorm(
      epsilon: epsilon ?? state.scheme.layerNormEpsilon,
      weight: parameter("\(name).weight", [channels], storedShape: [channels]),
      bias: parameter("\(name).bias", [channels], storedShape: [channels]))
    return try append(name, norm, [input])
  }

  mutating func attention(_ name: String, _ input: String, heads: Int) throws(ImportError) -> String {
    try append(name, Attention(heads: heads), [input])
  }

  mutating func firstToken(_ name: String, _ input: String) throws(ImportError) -> String {
    try append(name, FirstToken(), [input])
  }

  mutating func imageTokens(
    _ name: String, _ input: String, height: Int, width: Int
  ) throws(ImportError) -> String {
    try append(name, ImageTokens(height: height, width: width), [input])
  }
}
