/// An image between itself and what fills it, by its mask, normalised; and the way back.
struct MaskedImage {
  /// Red, green and blue as the network reads them.
  private let channels: [Int]
  /// What a masked-out pixel is, and what the mask multiplies for every level of a pixel, per channel of the network.
  private let floor: [Float]
  private let slopes: [Float]

  /// - Parameter fill: of one colour; that of `blurred` is given with each image.
  init(_ fill: MaskFill, _ preprocessing: Preprocessing) {
    func normalized(_ level: Float, _ c: Int) -> Float { (level / 255 - preprocessing.mean[c]) / preprocessing.std[c] }
    let channels = preprocessing.color.channels
    let floor = channels.map { fill == .black ? normalized(0, $0) : 0 }
    (self.channels, self.floor) = (channels, floor)
    slopes = zip(channels, floor).flatMap { c, floor in (0..<256).map { normalized(Float($0), c) - floor } }
  }

  /// `fill + mask * (image - fill)`, `[pixels, channels]`.
  ///
  /// - Parameter backdrop: the fill of every pixel, `[pixels, channels]`; nil where it has one colour.
  func apply(
    _ mask: UnsafePointer<Float>, to crop: UnsafePointer<UInt8>, over backdrop: UnsafePointer<Float>? = nil,
    pixels: Int, output: UnsafeMutablePointer<Float>
  ) {
    let stride = channels.count
    slopes.withUnsafeBufferPointer { slopes in
      for (c, source) in channels.enumerated() {
        let floor = floor[c]
        func slope(_ p: Int) -> Float { slopes[c << 8 | Int(crop[3 * p + source])] }
        if let backdrop {
          for p in 0..<pixels {
            let fill = backdrop[stride * p + c]
            output[stride * p + c] = fill + mask[p] * (floor + slope(p) - fill)
          }
        } else {
          for p in 0..<pixels { output[stride * p + c] = floor + mask[p] * slope(p) }
        }
      }
    }
  }

  /// The gradient of the mask, `[pixels]`, from that of the masked image, `[pixels, channels]`.
  ///
  /// - Parameter backdrop: as in `apply`.
  func maskGradient(
    _ gradient: UnsafePointer<Float>, crop: UnsafePointer<UInt8>, over backdrop: UnsafePointer<Float>? = nil,
    pixels: Int, output: UnsafeMutablePointer<Float>
  ) {
    output.update(repeating: 0, count: pixels)
    let stride = channels.count
    slopes.withUnsafeBufferPointer { slopes in
      for (c, source) in channels.enumerated() {
        let floor = floor[c]
        func slope(_ p: Int) -> Float { slopes[c << 8 | Int(crop[3 * p + source])] }
        if let backdrop {
          for p in 0..<pixels {
            output[p] += gradient[stride * p + c] * (floor + slope(p) - backdrop[stride * p + c])
          }
        } else {
          for p in 0..<pixels { output[p] += gradient[stride * p + c] * slope(p) }
        }
      }
    }
  }
}
