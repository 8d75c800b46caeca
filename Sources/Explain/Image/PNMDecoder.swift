/// Decodes a binary PGM (P5) or PPM (P6) with any largest value up to 65535.
///
/// Samples are scaled to 255 as in Pillow: the quotient is rounded, halves to even; samples above the largest value
/// count as the largest.
func decodePNM(_ bytes: [UInt8], limits: ImageLimits) throws(ImageError) -> Image {
  guard let header = try PNMHeader(bytes.span, limits: limits), bytes.count >= header.fileLength else {
    throw .truncated(.pnm)
  }
  let levels = (0...(header.sampleBytes == 1 ? 255 : 65535)).map { value in
    UInt8((Double(min(value, header.maximum)) / Double(header.maximum) * 255).rounded(.toNearestOrEven))
  }
  let samples = header.width * header.height * header.channels
  let copies = 3 / header.channels
  let pixels = [UInt8](unsafeUninitializedCapacity: samples * copies) { target, count in
    bytes.withUnsafeBufferPointer { source in
      for sample in 0..<samples {
        let at = header.length + sample * header.sampleBytes
        let value = header.sampleBytes == 1 ? Int(source[at]) : Int(source[at]) << 8 | Int(source[at + 1])
        for copy in 0..<copies { target[sample * copies + copy] = levels[value] }
      }
    }
    count = samples * copies
  }
  return Image(width: header.width, height: header.height, pixels: pixels)
}
