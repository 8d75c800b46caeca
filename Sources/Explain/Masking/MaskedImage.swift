/// Where an image's mask acts.
enum MaskPlacement: Sendable, Equatable {
  /// On the raw image in 0...1: masked pixels are black. For convolutional networks.
  case beforeNormalization
  /// On the normalised image: masked pixels are the mean colour. For Vision Transformers.
  case afterNormalization

  init(_ graph: Graph) {
    let hasAttention = graph.nodes.contains { $0.op is Attention }
    self = hasAttention ? .afterNormalization : .beforeNormalization
  }
}

/// An image times its mask, normalised; and the way back.
struct MaskedImage {
  /// What a masked-out pixel is, and what the mask multiplies for every level of a pixel, per channel.
  private let floor: [Float]
  private let slopes: [Float]

  init(_ placement: MaskPlacement, _ preprocessing: Preprocessing) {
    func normalized(_ level: Float, _ c: Int) -> Float { (level / 255 - preprocessing.mean[c]) / preprocessing.std[c] }
    let floor = (0..<3).map { placement == .beforeNormalization ? normalized(0, $0) : 0 }
    self.floor = floor
    slopes = (0..<3).flatMap { c in (0..<256).map { normalized(Float($0), c) - floor[c] } }
  }

  /// `floor + mask * slope`, `[pixels, 3]`.
  func apply(
    _ mask: UnsafePointer<Float>, to crop: UnsafePointer<UInt8>, pixels: Int, output: UnsafeMutablePointer<Float>
  ) {
    slopes.withUnsafeBufferPointer { slopes in
      for p in 0..<pixels {
        for c in 0..<3 { output[3 * p + c] = floor[c] + mask[p] * slopes[c << 8 | Int(crop[3 * p + c])] }
      }
    }
  }

  /// The gradient of the mask, `[pixels]`, from that of the masked image, `[pixels, 3]`.
  func maskGradient(
    _ gradient: UnsafePointer<Float>, crop: UnsafePointer<UInt8>, pixels: Int, output: UnsafeMutablePointer<Float>
  ) {
    slopes.withUnsafeBufferPointer { slopes in
      for p in 0..<pixels {
        var sum: Float = 0
        for c in 0..<3 { sum += gradient[3 * p + c] * slopes[c << 8 | Int(crop[3 * p + c])] }
        output[p] = sum
      }
    }
  }
}
