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

extension Preprocessing {
  /// The blur that images fade into is so many times narrower than they are.
  private static let blursPerWidth = 20.0

  /// What fills an image that fades into itself, blurred: normalised, `[height, width, channels]`.
  func backdrop(of crop: Image) -> [Float] {
    var values = [Float](repeating: 0, count: inputCount)
    normalize(crop, into: &values)
    let deviation = Double(crop.width) / Self.blursPerWidth
    return blurred(
      values, width: crop.width, height: crop.height, channels: channels, radius: Int(2 * deviation),
      deviation: deviation)
  }
}
