import CPNG

/// Decodes a PNG of any colour type and depth, interlaced or not, and turns it upright.
///
/// - 16-bit samples lose their low byte, as in Pillow, unless the options say that they are stretched.
/// - Transparency (alpha channel or tRNS) is composited over white without gamma.
/// - Of other chunks eXIf's orientation counts, before and behind the pixels, and an RGB profile is kept.
/// - Every chunk's checksum counts, and the file must go on to its IEND, as in a stream.
func decodePNG(_ bytes: [UInt8], _ options: DecodingOptions) throws(ImageError) -> DecodedImage {
  let (width, height) = try pngSize(bytes.span)
  try options.limits.check(.png, width: width, height: height)
  // Bit depth and interlacing; libpng wants interlaced rows whole, with both bytes of a sample.
  let isWide = bytes.count > 28 && bytes[24] == 16
  let isWideAndInterlaced = isWide && bytes[28] != 0
  let area = width * height
  let claim = try options.claim(.png, (isWideAndInterlaced ? 9 : 3) * area, pixels: area)
  var memory = cpng_memory()
  func decode(maximum: UInt32) throws(ImageError) -> [UInt8] {
    memory = cpng_memory()
    memory.maximum = maximum
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
    // Damage shows first as nonsense in the data; that a checksum fails says more.
    if failed { throw firstDamagedChunk(bytes).map { .checksum(chunk: $0) } ?? pngError(memory) }
    return pixels
  }
  var pixels = try decode(maximum: 0)
  let depth = isWide ? SampleDepth(largest: Int(memory.largest), maximum: 65535) : nil
  if options.stretches, let depth, depth.ceiling < depth.maximum {
    pixels = []
    pixels = try decode(maximum: UInt32(depth.ceiling))
  }
  // libpng is content with an IEND that has data or another checksum.
  var scanner = PNGScanner()
  guard try scanner.scan(bytes.span, limits: options.limits) != nil else { throw .truncated(.png) }
  let profile = firstChunk("iCCP", of: bytes).flatMap { ICCProfile.inflated(bytes[$0]) }
  var image = Image(width: width, height: height, pixels: pixels, iccProfile: profile)
  pixels = []
  if let exif = firstChunk("eXIf", of: bytes) { image.turn(from: exifOrientation(bytes[exif])) }
  return DecodedImage(image, depth: depth, claim: claim)
}

/// The size that a PNG's first chunk declares.
func pngSize(_ bytes: Span<UInt8>) throws(ImageError) -> (width: Int, height: Int) {
  guard bytes.count >= 24 else { throw .truncated(.png) }
  guard bytes.holds([0, 0, 0, 13] + Array("IHDR".utf8), at: 8) else {
    throw .png(chunk: nil, reason: "does not begin with a chunk IHDR")
  }
  return (bigEndian32(bytes, at: 16), bigEndian32(bytes, at: 20))
}

/// The contents of the first chunk of a name.
private func firstChunk(_ name: String, of bytes: [UInt8]) -> Range<Int>? {
  let name = Array(name.utf8)
  return chunks(of: bytes).first { bytes[($0.lowerBound - 4)..<$0.lowerBound].elementsEqual(name) }
}

/// The name of the first whole chunk that does not agree with its CRC.
private func firstDamagedChunk(_ bytes: [UInt8]) -> String? {
  for chunk in chunks(of: bytes) {
    let body = bytes[(chunk.lowerBound - 4)..<chunk.upperBound]
    let checksum = body.withUnsafeBufferPointer { crc32_z(0, $0.baseAddress, $0.count) }
    if Int(checksum) != bigEndian32(bytes.span, at: chunk.upperBound) {
      return String(decoding: body.prefix(4), as: UTF8.self)
    }
  }
  return nil
}

/// Where the contents of a PNG's whole chunks are, one after the other up to IEND; four bytes of name are in front of each.
private func chunks(of bytes: [UInt8]) -> some Sequence<Range<Int>> {
  sequence(state: 8) { (position: inout Int) -> Range<Int>? in
    guard bytes.count >= position + 12 else { return nil }
    let start = position + 8
    let end = start + bigEndian32(bytes.span, at: position)
    guard bytes.count >= end + 4 else { return nil }
    position = bytes[(start - 4)..<start].elementsEqual("IEND".utf8) ? bytes.count : end + 4
    return start..<end
  }
}

/// What libpng's message says; it begins with the chunk's name and a colon where libpng knows the chunk.
func pngError(_ memory: cpng_memory) -> ImageError {
  if memory.exhausted != 0 { return .truncated(.png) }
  let message = withUnsafeBytes(of: memory.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  if message.isEmpty || message.lowercased().contains("memory") { return .outOfMemory(.png, bytes: 1 << 20) }
  let name = message.prefix(4)
  guard name.allSatisfy({ $0.isASCII && $0.isLetter }), message.dropFirst(4).hasPrefix(": ") else {
    return .png(chunk: nil, reason: message)
  }
  let reason = message.dropFirst(6)
  return reason == "CRC error" ? .checksum(chunk: String(name)) : .png(chunk: String(name), reason: String(reason))
}
