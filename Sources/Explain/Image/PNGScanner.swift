/// Walks the chunks of a PNG up to its IEND, as far as the bytes go; more bytes may be added between calls.
struct PNGScanner {
  private(set) var size: (width: Int, height: Int)?
  /// Where another picture may begin when this one proves damaged: behind the last chunk that a chunk follows.
  private(set) var resumption = 1
  private var position = 8

  /// The length of the picture when its IEND is among `bytes`, or nil when they end before it.
  mutating func scan(_ bytes: Span<UInt8>, limits: ImageLimits) throws(ImageError) -> Int? {
    guard bytes.holds(ImageFormat.pngSignature) else { throw .unrecognized }
    if size == nil {
      guard bytes.count >= 24 else { return nil }
      resumption = position
      let size = try pngSize(bytes)
      try limits.check(.png, width: size.width, height: size.height)
      self.size = size
    }
    while bytes.count >= position + 8 {
      for index in (position + 4)..<(position + 8) where !isLetter(bytes[index]) {
        throw .png(chunk: nil, reason: "has bytes between its chunks")
      }
      if bytes.holds("IEND".utf8, at: position + 4) {
        resumption = position + 8
        guard bigEndian32(bytes, at: position) == 0 else { throw .png(chunk: "IEND", reason: "has data") }
        // Where the checksum is another one, it may be the beginning of the next picture.
        guard bytes.holds([0xAE, 0x42, 0x60, 0x82], at: position + 8) else { throw .checksum(chunk: "IEND") }
        return bytes.count >= position + 12 ? position + 12 : nil
      }
      let end = position + 12 + bigEndian32(bytes, at: position)
      let limit = ImageLimits.encodedBytes(width: size?.width ?? 0, height: size?.height ?? 0)
      // Known before the bytes arrive, and so before those of other pictures are taken for them.
      if end > limit { throw .tooManyBytes(.png, limit: limit) }
      resumption = position
      position = end
    }
    return nil
  }

  private func isLetter(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) }
}
