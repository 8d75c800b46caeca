/// An 8-bit RGB picture, row-major `[height, width, 3]`.
public struct Image: Sendable, Equatable {
  /// The size in pixels; both are at least 1.
  public let width, height: Int

  /// Red, green and blue of each pixel, `3 * width * height` bytes.
  public var pixels: [UInt8]

  /// The ICC profile that says what colours the pixels are; nil where none is known. Only profiles of RGB are kept.
  public var iccProfile: [UInt8]?

  /// Makes a picture of pixels that are already there.
  ///
  /// - Precondition: both sides are at least 1 and `pixels` holds `3 * width * height` bytes.
  public init(width: Int, height: Int, pixels: [UInt8], iccProfile: [UInt8]? = nil) {
    precondition(width > 0 && height > 0 && pixels.count == 3 * width * height)
    self.width = width
    self.height = height
    self.pixels = pixels
    self.iccProfile = iccProfile
  }
}
