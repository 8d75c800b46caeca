/// Decodes a PNM of any kind, P1 to P7, with any largest value up to 65535.
///
/// Samples are scaled to 255 as in Pillow: the quotient is rounded, halves to even; samples above the largest value
/// count as the largest. Transparent pixels lie over white.
func decodePNM(_ bytes: [UInt8], _ options: DecodingOptions) throws(ImageError) -> DecodedImage {
  guard let header = try PNMHeader(bytes.span, limits: options.limits), bytes.count >= header.fileLength ?? 0 else {
    throw .truncated(.pnm)
  }
  let size = (header.width, header.height)
  let claim = try options.claim(.pnm, 3 * header.width * header.height, pixels: header.width * header.height)
  if header.coding == .bytes, header.maximum == 255, header.channels == 3, let length = header.fileLength {
    // The samples are the pixels already.
    var pixels = bytes
    pixels.removeSubrange(length...)
    pixels.removeSubrange(..<header.length)
    return DecodedImage(Image(width: size.0, height: size.1, pixels: pixels), claim: claim)
  }
  var depth: SampleDepth?
  if header.maximum > 255 {
    var largest = 0
    try forEachSample(header, bytes) { index, value in
      if !header.hasAlpha || index % header.channels < header.channels - 1 { largest = max(largest, value) }
    }
    depth = SampleDepth(largest: min(largest, header.maximum), maximum: header.maximum)
  }
  let ceiling = options.stretches ? depth?.ceiling ?? header.maximum : header.maximum
  let levels = levels(header, ceiling: ceiling)
  let copies = header.channels < 3 ? 3 : 1
  var pixels = [UInt8](repeating: 255, count: 3 * header.width * header.height)
  try pixels.withUnsafeMutableBufferPointer { pixels throws(ImageError) in
    if header.hasAlpha {
      var color = (0, 0, 0)
      try forEachSample(header, bytes) { index, value in
        let (pixel, channel) = index.quotientAndRemainder(dividingBy: header.channels)
        guard channel == header.channels - 1 else {
          let level = Int(levels[value])
          if channel == 0 {
            color = (level, level, level)
          } else if channel == 1 {
            color.1 = level
          } else {
            color.2 = level
          }
          return
        }
        let opacity = min(value, header.maximum)
        let white = 255 * (header.maximum - opacity)
        for (channel, level) in [color.0, color.1, color.2].enumerated() {
          pixels[3 * pixel + channel] = UInt8((level * opacity + white + header.maximum / 2) / header.maximum)
        }
      }
    } else {
      try forEachSample(header, bytes) { index, value in
        let level = levels[value]
        for copy in 0..<copies { pixels[index * copies + copy] = level }
      }
    }
  }
  return DecodedImage(Image(width: size.0, height: size.1, pixels: pixels), depth: depth, claim: claim)
}

/// What each value becomes.
private func levels(_ header: PNMHeader, ceiling: Int) -> [UInt8] {
  (0...(header.sampleBytes == 1 ? 255 : 65535)).map { value in
    let level = UInt8((Double(min(value, ceiling)) / Double(ceiling) * 255).rounded(.toNearestOrEven))
    return header.isInverted ? 255 - level : level
  }
}

/// Calls `body` with the index and the value of each sample, in order; values are below 256 or, with a larger maximum, 65536.
@inline(__always)
private func forEachSample(
  _ header: PNMHeader, _ bytes: [UInt8], _ body: (_ index: Int, _ value: Int) -> Void
) throws(ImageError) {
  switch header.coding {
  case .plain:
    var samples = PlainSamples(header)
    for index in 0..<header.samples {
      guard let value = try samples.next(bytes.span, isAll: true) else { throw .truncated(.pnm) }
      body(index, min(value, header.maximum))
    }
  case .bits:
    let stride = (header.width + 7) / 8
    for y in 0..<header.height {
      for x in 0..<header.width {
        let byte = bytes[header.length + y * stride + x / 8]
        body(y * header.width + x, Int(byte >> UInt8(7 - x % 8)) & 1)
      }
    }
  case .bytes:
    bytes.withUnsafeBufferPointer { source in
      let source = UnsafeBufferPointer(rebasing: source[header.length...])
      if header.sampleBytes == 1 {
        for index in 0..<header.samples { body(index, Int(source[index])) }
      } else {
        for index in 0..<header.samples { body(index, Int(source[2 * index]) << 8 | Int(source[2 * index + 1])) }
      }
    }
  }
}
