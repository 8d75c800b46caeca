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
  /// Red, green and blue as the network reads them.
  private let channels: [Int]
  /// What a masked-out pixel is, and what the mask multiplies for every level of a pixel, per channel of the network.
  private let floor: [Float]
  private let slopes: [Float]

  init(_ placement: MaskPlacement, _ preprocessing: Preprocessing) {
    func normalized(_ level: Float, _ c: Int) -> Float { (level / 255 - preprocessing.mean[c]) / preprocessing.std[c] }
    let channels = preprocessing.color.channels
    let floor = channels.map { placement == .beforeNormalization ? normalized(0, $0) : 0 }
    (self.channels, self.floor) = (channels, floor)
    slopes = zip(channels, floor).flatMap { c, floor in (0..<256).map { normalized(Float($0), c) - floor } }
  }

  /// `floor + mask * slope`, `[pixels, channels]`.
  func apply(
    _ mask: UnsafePointer<Float>, to crop: UnsafePointer<UInt8>, pixels: Int, output: UnsafeMutablePointer<Float>
  ) {
    let stride = channels.count
    slopes.withUnsafeBufferPointer { slopes in
      for (c, source) in channels.enumerated() {
        let floor = floor[c]
        for p in 0..<pixels { output[stride * p + c] = floor + mask[p] * slopes[c << 8 | Int(crop[3 * p + source])] }
      }
    }
  }

  /// The gradient of the mask, `[pixels]`, from that of the masked image, `[pixels, channels]`.
  func maskGradient(
    _ gradient: UnsafePointer<Float>, crop: UnsafePointer<UInt8>, pixels: Int, output: UnsafeMutablePointer<Float>
  ) {
    output.update(repeating: 0, count: pixels)
    let stride = channels.count
    slopes.withUnsafeBufferPointer { slopes in
      for (c, source) in channels.enumerated() {
        for p in 0..<pixels { output[p] += gradient[stride * p + c] * slopes[c << 8 | Int(crop[3 * p + source])] }
      }
    }
  }
}
