import Kernels

/// What stands where an image is masked.
enum MaskFill: Sendable, CaseIterable {
  case black
  /// The mean colour of the preprocessing: zero after normalisation.
  case mean
  /// The image itself, blurred.
  case blurred

  /// What the paper takes: black for convolutional networks, whose images are masked before they are normalised, and the mean colour
  /// for Vision Transformers.
  init(_ graph: Graph) {
    let hasAttention = graph.nodes.contains { $0.op is Attention }
    self = hasAttention ? .mean : .black
  }
}
