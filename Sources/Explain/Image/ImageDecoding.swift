extension Image {
  /// Decodes a picture as `DecodedImage` does, in its full size.
  ///
  /// - Throws: the first defect found; a size beyond `limits` before anything is allocated for it.
  public init(decoding bytes: [UInt8], limits: ImageLimits = .standard) throws(ImageError) {
    self = try DecodedImage(bytes, DecodingOptions(limits: limits)).image
  }
}

/// The big-endian number of two bytes at `offset`.
func bigEndian16(_ bytes: Span<UInt8>, at offset: Int) -> Int { Int(bytes[offset]) << 8 | Int(bytes[offset + 1]) }

/// The big-endian number of four bytes at `offset`.
func bigEndian32(_ bytes: Span<UInt8>, at offset: Int) -> Int {
  bigEndian16(bytes, at: offset) << 16 | bigEndian16(bytes, at: offset + 2)
}

extension Span<UInt8> {
  /// Whether `other` is at `offset`, as far as the bytes go.
  ///
  /// - Parameter ignoringCase: whether `other` is in small letters and stands for capital ones too.
  func holds(_ other: some Sequence<UInt8>, at offset: Int = 0, ignoringCase: Bool = false) -> Bool {
    var index = offset
    for byte in other {
      guard index < count else { return true }
      guard self[index] == byte || (ignoringCase && self[index] | 0x20 == byte) else { return false }
      index += 1
    }
    return true
  }
}
