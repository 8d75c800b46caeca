import CTurboJPEG

/// Decodes a baseline or progressive JPEG of grey, YCbCr, RGB, CMYK or YCCK samples and turns it upright.
///
/// Pixels are those of libjpeg-turbo's defaults (accurate integer DCT, smooth chroma upsampling), which Pillow uses too.
func decodeJPEG(_ bytes: [UInt8], limits: ImageLimits) throws(ImageError) -> Image {
  var bytes = bytes
  var scanner = JPEGScanner()
  guard var length = try scanner.scan(bytes.span, limits: limits, isAll: true), let (width, height) = scanner.size
  else {
    throw .truncated(.jpeg)
  }
  if scanner.hasOpenEnd {
    // libjpeg warns of a missing end as it warns of missing data. With an end, it warns of missing data alone.
    bytes.replaceSubrange(length..., with: [0xFF, 0xD9])
    length += 2
  }
  guard let decoder = tjInitDecompress() else { throw .jpeg(reason: "not enough memory") }
  defer { tjDestroy(decoder) }

  let isCMYK = scanner.components == 4
  let channels = isCMYK ? 4 : 3
  let format = isCMYK ? TJPF_CMYK : TJPF_RGB
  var status: Int32 = 0
  var samples = [UInt8](unsafeUninitializedCapacity: channels * width * height) { target, count in
    status = tjDecompress2(
      decoder, bytes, UInt(length), target.baseAddress, Int32(width), Int32(channels * width), Int32(height),
      format.rawValue, TJFLAG_LIMITSCANS)
    count = channels * width * height
  }
  if status != 0, let error = jpegError(decoder) { throw error }
  if isCMYK { samples = rgb(invertedCMYK: samples) }
  return Image(width: width, height: height, pixels: samples).upright(from: scanner.orientation ?? .up)
}

/// Warnings after which the picture is still whole.
private let harmlessWarnings = ["extraneous bytes", "Adobe color transform", "JFIF revision", "SOS parameters"]

/// What TurboJPEG's last message says, or nil when it is of no importance.
private func jpegError(_ decoder: tjhandle) -> ImageError? {
  let message = tjGetErrorStr2(decoder).map { String(cString: $0) } ?? "unknown error"
  guard tjGetErrorCode(decoder) == Int32(TJERR_WARNING.rawValue) else { return .jpeg(reason: message) }
  if harmlessWarnings.contains(where: message.contains) { return nil }
  if message.lowercased().contains("premature end") || message.contains("found marker 0xd9") {
    return .truncated(.jpeg)
  }
  return .jpeg(reason: message)
}

/// Pillow's plain conversion: each colour is (255 - ink) (255 - black) / 255, rounded.
///
/// The samples are taken as 255 - ink, which is how Adobe's programs store them and Pillow reads every CMYK JPEG.
private func rgb(invertedCMYK cmyk: [UInt8]) -> [UInt8] {
  let pixels = cmyk.count / 4
  return [UInt8](unsafeUninitializedCapacity: 3 * pixels) { target, count in
    cmyk.withUnsafeBufferPointer { source in
      for pixel in 0..<pixels {
        let light = Int(source[4 * pixel + 3])
        for channel in 0..<3 {
          let absorbed = (255 - Int(source[4 * pixel + channel])) * light + 128
          target[3 * pixel + channel] = UInt8(light - (absorbed + absorbed >> 8) >> 8)
        }
      }
    }
    count = 3 * pixels
  }
}
