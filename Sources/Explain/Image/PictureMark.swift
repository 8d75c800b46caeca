import CPNG  // for zlib's CRC

/// The sign in a picture that this program wrote it, and of which input: one short text near the beginning.
///
/// In a PNG it is a tEXt chunk `Software` behind IHDR, in a JPEG a comment behind JFIF's APP0, in a PNM a comment behind the
/// kind. The input is known by the CRC-32 of its path: that tells two inputs apart and gives no name away.
public struct PictureMark: Sendable, Equatable {
  private static let program = "ttame-lite"
  private static let separator = ", input "
  private static let keyword = Array("Software\0".utf8)
  /// Bytes that a picture with a mark begins with: what stands in front of the mark in any format, and the mark.
  public static let reach = 128

  /// CRC-32 of the input's absolute path; nil where it has none.
  public let input: UInt32?

  /// Of a picture that shows no input.
  public static let ofNoInput = PictureMark(inputPath: nil)

  /// - Parameter path: the absolute path of the input; nil for standard input, and for pictures of no input.
  public init(inputPath path: [UInt8]?) {
    input = path.map { UInt32(truncatingIfNeeded: crc32_z(0, $0, $0.count)) }
  }

  /// The mark of a picture, of which `start` holds the first `reach` bytes; nil where it has none.
  public init?(startOfPicture start: [UInt8]) {
    guard let format = start.withUnsafeBytes({ ImageFormat.detect($0) }),
      let place = Self.place(in: start, format), let text = Self.text(at: place, in: start, format)
    else { return nil }
    self.init(text: text)
  }

  /// The mark that a text is; nil where it is none.
  public init?(text: String) {
    if text == Self.program {
      input = nil
      return
    }
    let start = Self.program + Self.separator
    guard text.hasPrefix(start), let digits = UInt32(text.dropFirst(start.count), radix: 16) else { return nil }
    input = digits
  }

  /// The mark as a text.
  public var text: String {
    Self.program + (input.map { Self.separator + String($0, radix: 16) } ?? "")
  }

  /// Puts the mark into a picture that has just been encoded.
  func mark(_ picture: inout [UInt8], _ format: ImageFormat) {
    guard let place = Self.place(in: picture, format) else { return }
    picture.insert(contentsOf: block(format), at: place)
  }

  private func block(_ format: ImageFormat) -> [UInt8] {
    let bytes = Array(text.utf8)
    switch format {
    case .png:
      let data = Self.keyword + bytes
      let named = Array("tEXt".utf8) + data
      return bigEndian(UInt32(data.count)) + named
        + bigEndian(UInt32(truncatingIfNeeded: crc32_z(0, named, named.count)))
    case .jpeg: return [0xFF, 0xFE, 0, UInt8(text.utf8.count + 2)] + bytes
    case .pnm: return Array("# ".utf8) + bytes + [UInt8(ascii: "\n")]
    }
  }

  /// Where a mark begins in a picture that the encoders here have made.
  private static func place(in picture: [UInt8], _ format: ImageFormat) -> Int? {
    switch format {
    case .png: return picture.count >= 33 ? 33 : nil
    case .jpeg:
      guard picture.count >= 6 else { return nil }
      let hasJFIF = picture[2] == 0xFF && picture[3] == 0xE0
      return hasJFIF ? 4 + Int(picture[4]) << 8 + Int(picture[5]) : 2
    case .pnm: return 3
    }
  }

  private static func text(at place: Int, in picture: [UInt8], _ format: ImageFormat) -> String? {
    let block = picture.dropFirst(place)
    let text: ArraySlice<UInt8>
    switch format {
    case .png:
      guard block.count >= 12, block.dropFirst(4).starts(with: "tEXt".utf8) else { return nil }
      let length = block.prefix(4).reduce(0) { $0 << 8 + Int($1) }
      let data = block.dropFirst(8).prefix(length)
      guard data.starts(with: keyword) else { return nil }
      text = data.dropFirst(keyword.count)
    case .jpeg:
      guard block.starts(with: [0xFF, 0xFE, 0]), block.count >= 4 else { return nil }
      text = block.dropFirst(4).prefix(max(Int(block[block.startIndex + 3]) - 2, 0))
    case .pnm:
      guard block.starts(with: "# ".utf8) else { return nil }
      text = block.dropFirst(2).prefix { $0 != UInt8(ascii: "\n") }
    }
    return String(validating: text, as: UTF8.self)
  }
}

private func bigEndian(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }
