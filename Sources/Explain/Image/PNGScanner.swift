/// Walks the chunks of a PNG up to its IEND, as far as the bytes go; more bytes may be added between calls.
struct PNGScanner {
  private(set) var size: (width: Int, height: Int)?
  private var position = 8

  /// The length of the picture when its IEND is among `bytes`, or nil when they end before it.
  mutating func scan(_ bytes: [UInt8], limits: ImageLimits) throws(ImageError) -> Int? {
    guard bytes.starts(with: ImageFormat.pngSignature.prefix(bytes.count)) else { throw .unrecognized }
    if size == nil {
      guard bytes.count >= 24 else { return nil }
      let size = try pngSize(bytes)
      try limits.check(.png, width: size.width, height: size.height)
      self.size = size
    }
    while bytes.count >= position + 8 {
      let name = bytes[(position + 4)..<(position + 8)]
      guard name.allSatisfy({ (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) }) else {
        throw .png(chunk: nil, reason: "has bytes between its chunks")
      }
      let end = position + 12 + bigEndian32(bytes, at: position)
      if name.elementsEqual("IEND".utf8) { return bytes.count >= end ? end : nil }
      position = end
    }
    return nil
  }
}
