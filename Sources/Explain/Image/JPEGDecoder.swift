import CTurboJPEG

/// Decodes a baseline or progressive JPEG of grey, YCbCr, RGB, CMYK or YCCK samples and turns it upright.
///
/// Pixels are those of libjpeg-turbo's defaults (accurate integer DCT, smooth chroma upsampling), which Pillow uses too. Where
/// the options say so, what is beyond the limits is decoded at the largest of 1/2, 1/4 and 1/8 that is not, and what is more than
/// enough at the smallest that is not.
func decodeJPEG(_ bytes: consuming [UInt8], _ options: DecodingOptions) throws(ImageError) -> DecodedImage {
  var bytes = bytes
  var scanner = JPEGScanner()
  let limits = options.reduces ? options.limits.forReducedJPEG : options.limits
  guard var length = try scanner.scan(bytes.span, limits: limits, isAll: true), let size = scanner.size
  else {
    throw .truncated(.jpeg)
  }
  let isFirstOfSeveral = isFollowed(bytes.span, length: length, others: scanner.others)
  if scanner.hasOpenEnd {
    // libjpeg warns of a missing end as it warns of missing data. With an end, it warns of missing data alone.
    bytes.replaceSubrange(length..., with: [0xFF, 0xD9])
    length += 2
  }
  let isTransposed = scanner.orientation?.isTransposed == true
  let reduction = try reduction(of: PixelSize(width: size.width, height: size.height), isTransposed, options)
  let (width, height) = ((size.width + reduction - 1) / reduction, (size.height + reduction - 1) / reduction)
  let isCMYK = scanner.components == 4
  let channels = isCMYK ? 4 : 3
  // libjpeg keeps all coefficients, two bytes each, of pictures in several scans.
  let coefficients = scanner.isInScans ? 2 * max(1, scanner.components) * size.width * size.height : 0
  let needed = channels * width * height + coefficients
  let claim = try options.claim(.jpeg, needed, pixels: width * height)
  guard let decoder = tjInitDecompress() else { throw .outOfMemory(.jpeg, bytes: needed) }
  defer { tjDestroy(decoder) }

  let format = isCMYK ? TJPF_CMYK : TJPF_RGB
  var status: Int32 = 0
  var samples = [UInt8](unsafeUninitializedCapacity: channels * width * height) { target, count in
    status = tjDecompress2(
      decoder, bytes, UInt(length), target.baseAddress, Int32(width), Int32(channels * width), Int32(height),
      format.rawValue, TJFLAG_LIMITSCANS)
    count = channels * width * height
  }
  if status != 0, let error = jpegError(decoder, bytes: needed) { throw error }
  let profile = isCMYK ? nil : embeddedProfile(scanner, in: bytes)
  bytes = []
  if isCMYK { convertToRGB(invertedCMYK: &samples) }
  var image = Image(width: width, height: height, pixels: samples, iccProfile: profile)
  samples = []
  image.turn(from: scanner.orientation ?? .up)
  return DecodedImage(image, reduction: reduction, claim: claim, isFirstOfSeveral: isFirstOfSeveral)
}

/// What the sides of a JPEG are divided by so that it fits the limits, and is no larger than it must be.
///
/// - Parameter isTransposed: whether its width is the picture's height.
private func reduction(
  of size: PixelSize, _ isTransposed: Bool, _ options: DecodingOptions
) throws(ImageError) -> Int {
  let limits = options.limits
  func fits(_ size: PixelSize) -> Bool { max(size.width, size.height) <= limits.side && size.count <= limits.pixels }
  var reduction = 1
  while options.reduces, reduction < ImageLimits.largestReduction, !fits(size.divided(by: reduction)) { reduction *= 2 }
  guard fits(size.divided(by: reduction)) else {
    try limits.check(.jpeg, width: size.width, height: size.height)
    return 1
  }
  if let preprocessing = options.enoughFor {
    let upright = isTransposed ? PixelSize(width: size.height, height: size.width) : size
    let needed = preprocessing.scaledSize(of: upright)
    while reduction < ImageLimits.largestReduction, upright.divided(by: 2 * reduction).covers(needed) { reduction *= 2 }
  }
  return reduction
}

extension PixelSize {
  fileprivate func divided(by divisor: Int) -> PixelSize {
    PixelSize(width: (width + divisor - 1) / divisor, height: (height + divisor - 1) / divisor)
  }

  fileprivate func covers(_ other: PixelSize) -> Bool { width >= other.width && height >= other.height }
}

/// Warnings after which the picture is still whole.
private let harmlessWarnings = ["extraneous bytes", "Adobe color transform", "JFIF revision", "SOS parameters"]

/// What TurboJPEG's last message says, or nil when it is of no importance.
private func jpegError(_ decoder: tjhandle, bytes: Int) -> ImageError? {
  let message = tjGetErrorStr2(decoder).map { String(cString: $0) } ?? "unknown error"
  guard tjGetErrorCode(decoder) == Int32(TJERR_WARNING.rawValue) else {
    let lacksMemory = message.contains("Insufficient memory") || message.contains("Memory allocation failure")
    return lacksMemory ? .outOfMemory(.jpeg, bytes: bytes) : .jpeg(reason: message)
  }
  if harmlessWarnings.contains(where: message.contains) { return nil }
  if message.lowercased().contains("premature end") || message.contains("found marker 0xd9") {
    return .truncated(.jpeg)
  }
  return .jpeg(reason: message)
}

/// The profile that the pieces of a JPEG give together; nil where one is missing.
private func embeddedProfile(_ scanner: JPEGScanner, in bytes: [UInt8]) -> [UInt8]? {
  let (pieces, count) = scanner.profile
  guard count > 0, pieces.count == count else { return nil }
  var profile: [UInt8] = []
  for number in 1...count {
    guard let piece = pieces[number] else { return nil }
    profile += bytes[piece]
  }
  return ICCProfile.checked(profile)
}

/// Pillow's plain conversion: each colour is (255 - ink) (255 - black) / 255, rounded.
///
/// The samples are taken as 255 - ink, which is how Adobe's programs store them and Pillow reads every CMYK JPEG.
private func convertToRGB(invertedCMYK samples: inout [UInt8]) {
  let pixels = samples.count / 4
  samples.withUnsafeMutableBufferPointer { samples in
    // Three samples take the place of four, from the front.
    for pixel in 0..<pixels {
      let light = Int(samples[4 * pixel + 3])
      for channel in 0..<3 {
        let absorbed = (255 - Int(samples[4 * pixel + channel])) * light + 128
        samples[3 * pixel + channel] = UInt8(light - (absorbed + absorbed >> 8) >> 8)
      }
    }
  }
  samples.removeLast(pixels)
}
