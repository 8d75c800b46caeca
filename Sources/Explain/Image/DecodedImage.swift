/// How pictures are decoded.
public struct DecodingOptions: Sendable, Equatable {
  public var limits = ImageLimits.standard
  /// Whether JPEGs beyond the limits are read smaller: at 1/2, 1/4 or 1/8 of their width and height.
  public var reduces = false
  /// How pictures are read, where JPEGs are decoded no larger than that needs: at 1/2, 1/4 or 1/8 if what is left is still
  /// reduced by the resizing.
  public var enoughFor: Preprocessing?
  /// Whether samples of more than 8 bits are scaled by the least 2^n - 1 that holds the largest of the picture.
  public var stretches = false
  /// Most memory that the picture takes once it is decoded, beside its pixels, in bytes a pixel; it is asked about before.
  public var bytesBeside = 0

  public init(limits: ImageLimits = .standard, reduces: Bool = false, stretches: Bool = false) {
    (self.limits, self.reduces, self.stretches) = (limits, reduces, stretches)
  }

  /// Claims what a picture takes, while it is decoded or afterwards.
  ///
  /// - Parameter decoding: bytes that decoding takes, the pixels included.
  func claim(_ format: ImageFormat, _ decoding: Int, pixels: Int) throws(ImageError) -> MemoryClaim {
    // What encoders add to samples that they cannot shrink is less than a 32nd of a byte a pixel.
    let later = bytesBeside > 0 ? (3 + bytesBeside) * pixels + pixels / 32 : 0
    return try MemoryClaim(max(decoding, later), for: format)
  }
}

/// A decoded picture, and what was done to it on the way.
public struct DecodedImage: Sendable {
  public var image: Image
  /// What width and height were divided by: 1, or for JPEGs 2, 4 or 8; rounded up.
  public var reduction = 1
  /// How much of their range samples of more than 8 bits take; nil for those of 8 bits.
  public var depth: SampleDepth?
  /// Holds the memory that was asked about.
  public var claim: MemoryClaim
  /// Whether it is the first of several pictures that a file holds, as a film does.
  public var isFirstOfSeveral: Bool

  init(
    _ image: Image, reduction: Int = 1, depth: SampleDepth? = nil, claim: MemoryClaim, isFirstOfSeveral: Bool = false
  ) {
    (self.image, self.reduction, self.depth, self.claim) = (image, reduction, depth, claim)
    self.isFirstOfSeveral = isFirstOfSeveral
  }

  /// Decodes a PNG, a JPEG or a PNM, told apart by content, or the first one of what carries such pictures: a multipart body,
  /// an AVI in motion JPEG.
  ///
  /// Transparent pixels lie over white; PNGs and JPEGs are turned upright as their EXIF orientation says. Bytes after the end
  /// of the picture are not looked at.
  ///
  /// - Throws: the first defect found; a size beyond the limits before anything is allocated for it.
  public init(_ bytes: consuming [UInt8], _ options: DecodingOptions = DecodingOptions()) throws(ImageError) {
    guard !bytes.isEmpty else { throw .empty }
    switch bytes.withUnsafeBytes(ImageFormat.detect) {
    case .png: self = try decodePNG(bytes, options)
    case .jpeg: self = try decodeJPEG(bytes, options)
    case .pnm: self = try decodePNM(bytes, options)
    case nil:
      let foreign = bytes.withUnsafeBytes(ForeignFormat.detect)
      guard foreign == nil || foreign == .avi, let first = try firstCarriedPicture(bytes, options) else {
        throw foreign.map { .foreign($0) } ?? .unrecognized
      }
      try self.init(first.picture, options)
      isFirstOfSeveral = first.isFollowed
    }
  }
}

extension DecodedImage {
  /// How dark the picture is where its samples end far below their maximum; nil elsewhere, and where they were stretched.
  public func faintDepth(_ options: DecodingOptions) -> SampleDepth? {
    options.stretches ? nil : depth.flatMap { $0.isFarBelow ? $0 : nil }
  }
}

extension CropRegion {
  /// This part in a picture so many times as large.
  public func scaled(by factor: Double) -> CropRegion {
    CropRegion(x: x * factor, y: y * factor, width: width * factor, height: height * factor)
  }
}

/// How much of their range the samples of a picture take.
public struct SampleDepth: Sendable, Equatable {
  /// The largest sample there is, and the largest that there could be.
  public let largest, maximum: Int

  public init(largest: Int, maximum: Int) { (self.largest, self.maximum) = (largest, maximum) }

  /// The least 2^n - 1 that holds the largest sample, at most the maximum.
  public var ceiling: Int { min(max(1, (1 << (Int.bitWidth - largest.leadingZeroBitCount)) - 1), maximum) }

  /// Whether the picture is so dark, a quarter of white at most, that its maximum is probably not the one that was meant.
  public var isFarBelow: Bool { largest > 0 && ceiling <= maximum / 4 }
}
