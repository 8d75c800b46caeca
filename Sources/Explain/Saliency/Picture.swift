/// A finished picture, in colour or in grey.
public enum Picture: Sendable, Equatable {
  case color(Image)
  /// 8-bit samples, row-major `[height, width]`.
  case gray(width: Int, height: Int, samples: [UInt8])

  /// This picture as a PNG: RGB8, or 8-bit grey.
  public func encodedPNG() throws(ImageError) -> [UInt8] {
    switch self {
    case .color(let image): try image.encodedPNG()
    case .gray(let width, let height, let samples):
      try Explain.encodePNG(width: width, height: height, channels: 1, samples: samples)
    }
  }
}
