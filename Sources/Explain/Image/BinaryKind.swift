extension [UInt8] {
  /// What the bytes are where they are no text in UTF-8 or another code without NUL; nil for a text.
  public var kindThatIsNoText: String? {
    if starts(with: [0xFF, 0xFE]) || starts(with: [0xFE, 0xFF]) { return "UTF-16 text" }
    let format = withUnsafeBytes { ImageFormat.detect($0) }
    // A path may begin like a PNM, but a list hardly like all of its header.
    if format == .pnm, (try? PNMHeader(span, limits: .standard)) != nil { return "an image" }
    guard contains(0) else { return nil }
    if format != nil { return "an image" }
    // Eight bytes of a length, and JSON.
    if count > 8, self[8] == UInt8(ascii: "{"), self[7] == 0 { return "a model or weights file" }
    return "binary data"
  }
}
