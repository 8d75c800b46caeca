/// Why bytes are no picture, or a picture cannot be written.
public enum ImageError: Error, Equatable, Sendable {
  /// There are no bytes at all.
  case empty
  /// The bytes begin like no format that can be read.
  case unrecognized
  /// The bytes are of a known kind that is not read.
  case foreign(ForeignFormat)
  /// The bytes end before the picture does.
  case truncated(ImageFormat)
  /// A side is zero.
  case emptyPicture(ImageFormat, width: Int, height: Int)
  /// A side is longer than `limit` pixels.
  case sideTooLong(width: Int, height: Int, limit: Int)
  /// The picture has more than `limit` pixels.
  case tooManyPixels(width: Int, height: Int, limit: Int)
  /// The encoded picture is longer than any sensible encoding of its size.
  case tooManyBytes(ImageFormat, limit: Int)
  /// A PNG chunk does not agree with its CRC.
  case checksum(chunk: String)
  /// A PNG that libpng refuses, and the chunk it was reading, if that is known.
  case png(chunk: String?, reason: String)
  /// A JPEG that libjpeg refuses, or whose coded data are damaged.
  case jpeg(reason: String)
  /// A PNM header holds a byte where a number belongs.
  case pnmHeader(found: UInt8)
  /// The header of a PNM is longer than `limit` bytes.
  case pnmHeaderTooLong(limit: Int)
  /// The largest sample value of a PNM is not in 1...65535.
  case pnmMaximum(found: Int)
  /// A plain PNM holds a byte where a sample belongs.
  case pnmSample(found: UInt8)
  /// A line of a PAM's header is none that there is, or comes too early.
  case pam(line: String)
  /// A PAM's kind of pixels is unknown, or has another number of samples.
  case pamKind(String, depth: Int)
  /// The picture, of this format where it is known, takes `bytes` more of memory, which cannot be had.
  case outOfMemory(ImageFormat?, bytes: Int)
  /// An encoder was given too many or too few samples.
  case sampleCount(expected: Int, found: Int)
}

extension ImageError: CustomStringConvertible {
  /// One line that reads well after the name of a file and a colon.
  public var description: String {
    switch self {
    case .empty: "is empty"
    case .unrecognized: "is not a supported image (PNG, JPEG, PNM or PAM)"
    case .foreign(let format): "is \(format.name), which cannot be read as an image: \(format.wayOut)"
    case .truncated(let format): "\(format.name) ends before its image is complete"
    case .emptyPicture(let format, let width, let height): "\(format.name) is \(width) x \(height) pixels"
    case .sideTooLong(let width, let height, let limit):
      "image is \(width) x \(height) pixels; at most \(limit) a side"
    case .tooManyPixels(let width, let height, let limit):
      "image is \(width) x \(height) pixels; at most \(limit) in total"
    case .tooManyBytes(let format, let limit): "\(format.name) is longer than \(limit) bytes"
    case .checksum(let chunk): "PNG chunk \(chunk) fails its checksum"
    case .png(let chunk?, let reason): "PNG chunk \(chunk): \(reason)"
    case .png(nil, let reason): "PNG: \(reason)"
    case .jpeg(let reason): "JPEG: \(reason)"
    case .pnmHeader(let found):
      "PNM header has \(Self.quoted(found)) instead of a number"
    case .pnmHeaderTooLong(let limit): "PNM header is longer than \(limit) bytes"
    case .pnmMaximum(let found): "PNM maximum is \(found); it must be 1 to 65535"
    case .pnmSample(let found): "PNM has \(Self.quoted(found)) instead of a sample"
    case .pam(let line): "PAM header has the invalid line '\(line.onOneLine)'"
    case .pamKind(let kind, let depth): "PAM of type '\(kind.onOneLine)' with \(depth) samples a pixel is not supported"
    case .outOfMemory(_, let bytes): "needs \((bytes + 999_999) / 1_000_000) MB more memory than is available"
    case .sampleCount(let expected, let found): "image needs \(expected) samples, not \(found)"
    }
  }

  private static func quoted(_ byte: UInt8) -> String {
    (0x20..<0x7F).contains(byte) ? "'\(Character(Unicode.Scalar(byte)))'" : "byte \(byte)"
  }
}

extension ImageFormat {
  fileprivate var name: String { rawValue.uppercased() }
}
