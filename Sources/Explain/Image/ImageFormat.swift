/// The kinds of pictures that can be read, told apart by content and never by name.
public enum ImageFormat: String, Sendable {
  case png, jpeg, pnm

  static let pngSignature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  /// The format that `bytes` begin with, or nil when they begin like no picture.
  public static func detect(_ bytes: UnsafeRawBufferPointer) -> ImageFormat? {
    if bytes.starts(with: pngSignature) { return .png }
    if bytes.starts(with: [0xFF, 0xD8, 0xFF]) { return .jpeg }
    // PFM is `PF` or `Pf`.
    if bytes.count > 1, bytes[0] == UInt8(ascii: "P"), (0x31...0x37).contains(bytes[1]) { return .pnm }
    return nil
  }

  /// The only format that can begin with a byte.
  init?(firstByte: UInt8) {
    switch firstByte {
    case 0x89: self = .png
    case 0xFF: self = .jpeg
    case UInt8(ascii: "P"): self = .pnm
    default: return nil
    }
  }
}
