/// The largest picture that is accepted, checked against its header before anything is allocated for it.
public struct ImageLimits: Sendable, Equatable {
  /// The largest number of pixels, `width * height`.
  public var pixels = 64 << 20

  /// The largest width and the largest height.
  public var side = 16384

  /// What decoding may divide the sides by before the limits count.
  private(set) var reduction = 1

  /// The longest side that any limits can allow: the formats' own limit, as far as they have one.
  public static let longestSide = 65535

  /// 64 Mpixel and 16384 a side.
  public static let standard = ImageLimits()

  /// Limits other than the standard ones.
  public init(pixels: Int = 64 << 20, side: Int = 16384) {
    self.pixels = pixels
    self.side = side
  }

  /// Refuses a size that is empty or too large.
  func check(_ format: ImageFormat, width: Int, height: Int) throws(ImageError) {
    guard width > 0, height > 0 else { throw .emptyPicture(format, width: width, height: height) }
    let (pixels, side) = (self.pixels.saturated(times: reduction * reduction), self.side * reduction)
    guard width <= side, height <= side else { throw .sideTooLong(width: width, height: height, limit: self.side) }
    guard width * height <= pixels else { throw .tooManyPixels(width: width, height: height, limit: self.pixels) }
  }

  /// What JPEGs may have that are read at 1/8.
  var forReducedJPEG: ImageLimits {
    var limits = self
    limits.reduction = Self.largestReduction
    return limits
  }

  /// The largest number that decoding can divide a JPEG's sides by.
  static let largestReduction = 8

  /// The most bytes that a header and metadata may take before the size of the picture is known.
  static let metadataBytes = 16 << 20

  /// The most bytes that an encoded picture of a size may take.
  ///
  /// The least dense encoding is an uncompressed RGBA PNG of 16 bits: 8 bytes a pixel.
  static func encodedBytes(width: Int, height: Int) -> Int { metadataBytes + 8 * width * height }
}

extension Int {
  /// The product, or the largest number where that is beyond it.
  fileprivate func saturated(times factor: Int) -> Int {
    let (product, isBeyond) = multipliedReportingOverflow(by: factor)
    return isBeyond ? .max : product
  }
}
