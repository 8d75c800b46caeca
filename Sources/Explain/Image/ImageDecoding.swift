extension Image {
  /// Decodes a PNG, a JPEG or a PNM, told apart by content.
  ///
  /// Transparent pixels lie over white, JPEGs are turned upright as their EXIF orientation says. Bytes after the end of
  /// the picture are not looked at.
  ///
  /// - Throws: the first defect found; a size beyond `limits` before anything is allocated for it.
  public init(decoding bytes: [UInt8], limits: ImageLimits = .standard) throws(ImageError) {
    guard !bytes.isEmpty else { throw .empty }
    switch bytes.withUnsafeBytes(ImageFormat.detect) {
    case .png: self = try decodePNG(bytes, limits: limits)
    case .jpeg: self = try decodeJPEG(bytes, limits: limits)
    case .pnm: self = try decodePNM(bytes, limits: limits)
    case nil: throw bytes.withUnsafeBytes(ForeignFormat.detect).map { .foreign($0) } ?? .unrecognized
    }
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
