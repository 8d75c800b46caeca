import CPNG

/// Decodes a PNG of any colour type and depth, interlaced or not.
///
/// - 16-bit samples lose their low byte, as in Pillow.
/// - Transparency (alpha channel or tRNS) is composited over white without gamma; other ancillary chunks are ignored.
/// - Every chunk's checksum counts, and the file must go on to its IEND, as in a stream.
func decodePNG(_ bytes: [UInt8], limits: ImageLimits) throws(ImageError) -> Image {
  let (width, height) = try pngSize(bytes.span)
  try limits.check(.png, width: width, height: height)
  var memory = cpng_memory()
  var failed = false
  let pixels = bytes.withUnsafeBufferPointer { source in
    // libpng's read callback only reads through this pointer.
    memory.bytes = UnsafeMutablePointer(mutating: source.baseAddress)
    memory.size = source.count
    return [UInt8](unsafeUninitializedCapacity: 3 * width * height) { target, count in
      failed = cpng_decode(&memory, UInt32(width), UInt32(height), target.baseAddress) != 0
      count = failed ? 0 : 3 * width * height
    }
  }
  if failed {
    // Damage shows first as nonsense in the data; that a checksum fails says more.
    throw firstDamagedChunk(bytes).map { .checksum(chunk: $0) } ?? pngError(memory)
  }
  // libpng is content with an IEND that has data or another checksum.
  var scanner = PNGScanner()
  guard try scanner.scan(bytes.span, limits: limits) != nil else { throw .truncated(.png) }
  return Image(width: width, height: height, pixels: pixels)
}

/// The size that a PNG's first chunk declares.
func pngSize(_ bytes: Span<UInt8>) throws(ImageError) -> (width: Int, height: Int) {
  guard bytes.count >= 24 else { throw .truncated(.png) }
  guard bytes.holds([0, 0, 0, 13] + Array("IHDR".utf8), at: 8) else {
    throw .png(chunk: nil, reason: "does not begin with a chunk IHDR")
  }
  return (bigEndian32(bytes, at: 16), bigEndian32(bytes, at: 20))
}

/// The name of the first whole chunk that does not agree with its CRC.
private func firstDamagedChunk(_ bytes: [UInt8]) -> String? {
  var position = 8
  while bytes.count >= position + 12 {
    let length = bigEndian32(bytes.span, at: position)
    let end = position + 8 + length
    guard bytes.count >= end + 4 else { return nil }
    let body = bytes[(position + 4)..<end]
    let checksum = body.withUnsafeBufferPointer { crc32_z(0, $0.baseAddress, $0.count) }
    if Int(checksum) != bigEndian32(bytes.span, at: end) {
      return String(decoding: body.prefix(4), as: UTF8.self)
    }
    position = end + 4
  }
  return nil
}

/// What libpng's message says; it begins with the chunk's name and a colon where libpng knows the chunk.
func pngError(_ memory: cpng_memory) -> ImageError {
  if memory.exhausted != 0 { return .truncated(.png) }
  let message = withUnsafeBytes(of: memory.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  guard !message.isEmpty else { return .png(chunk: nil, reason: "not enough memory") }
  let name = message.prefix(4)
  guard name.allSatisfy({ $0.isASCII && $0.isLetter }), message.dropFirst(4).hasPrefix(": ") else {
    return .png(chunk: nil, reason: message)
  }
  let reason = message.dropFirst(6)
  return reason == "CRC error" ? .checksum(chunk: String(name)) : .png(chunk: String(name), reason: String(reason))
}
