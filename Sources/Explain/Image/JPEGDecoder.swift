import CTurboJPEG

/// Decodes a baseline or progressive JPEG of grey, YCbCr, RGB, CMYK or YCCK samples and turns it upright.
///
/// Pixels are those of libjpeg-turbo's defaults (accurate integer DCT, smooth chroma upsampling), which Pillow uses too.
func decodeJPEG(_ bytes: [UInt8], limits: ImageLimits) throws(ImageError) -> Image {
  var scanner = JPEGScanner()
  guard let length = try scanner.scan(bytes, limits: limits), let (width, height) = scanner.size else {
    throw .truncated(.jpeg)
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
  if isCMYK { samples = rgb(cmyk: samples, inverted: scanner.isAdobe) }
  return Image(width: width, height: height, pixels: samples).upright(from: scanner.orientation ?? .up)
}

/// Warnings after which the picture is still whole.
private let harmlessWarnings = ["extraneous bytes", "Adobe color transform", "JFIF revision", "SOS parameters"]

/// What TurboJPEG's last message says, or nil when it is of no importance.
private func jpegError(_ decoder: tjhandle) -> ImageError? {
  let message = tjGetErrorStr2(decoder).map { String(cString: $0) } ?? "unknown error"
  guard tjGetErrorCode(decoder) == Int32(TJERR_WARNING.rawValue) else { return .jpeg(reason: message) }
  if harmlessWarnings.contains(where: message.contains) { return nil }
  if message.lowercased().contains("premature end") { return .truncated(.jpeg) }
  return .jpeg(reason: message)
}

/// Pillow's plain conversion: each colour is (255 - ink) (255 - black) / 255, rounded.
private func rgb(cmyk: [UInt8], inverted: Bool) -> [UInt8] {
  let flip: UInt8 = inverted ? 0 : 255
  return [UInt8](unsafeUninitializedCapacity: cmyk.count / 4 * 3) { target, count in
    cmyk.withUnsafeBufferPointer { source in
      for pixel in 0..<(cmyk.count / 4) {
        let light = Int(source[4 * pixel + 3] ^ flip)
        for channel in 0..<3 {
          let ink = 255 - Int(source[4 * pixel + channel] ^ flip)
          let absorbed = ink * light + 128
          target[3 * pixel + channel] = UInt8(light - (absorbed + absorbed >> 8) >> 8)
        }
      }
    }
    count = cmyk.count / 4 * 3
  }
}
