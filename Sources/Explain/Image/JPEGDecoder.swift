import CTurboJPEG

/// Decodes a baseline or progressive JPEG of grey, YCbCr, RGB, CMYK or YCCK samples and turns it upright.
///
/// Pixels are those of libjpeg-turbo's defaults (accurate integer DCT, smooth chroma upsampling), which Pillow uses too. Where
/// the options say so, what is beyond the limits is decoded at the largest of 1/2, 1/4 and 1/8 that is not.
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
  let reduction = try reduction(of: size, options)
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

/// What the sides of a JPEG are divided by so that it fits the limits.
private func reduction(
  of size: (width: Int, height: Int), _ options: DecodingOptions
) throws(ImageError) -> Int {
  let limits = options.limits
  var reduction = 1
  while options.reduces, reduction < ImageLimits.largestReduction {
    let (width, height) = ((size.width + reduction - 1) / reduction, (size.height + reduction - 1) / reduction)
    if max(width, height) <= limits.side, width * height <= limits.pixels { break }
    reduction *= 2
  }
  let (width, height) = ((size.width + reduction - 1) / reduction, (size.height + reduction - 1) / reduction)
  guard max(width, height) <= limits.side, width * height <= limits.pixels else {
    try limits.check(.jpeg, width: size.width, height: size.height)
    return 1
  }
  return reduction
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
