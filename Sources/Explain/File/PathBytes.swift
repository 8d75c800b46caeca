/// Names of files are bytes, of any kind but NUL and `/`; a `String` holds Unicode.
///
/// So a path is a `String` in which every byte that is no part of valid UTF-8 is one scalar of a private-use range, U+10FE00 and
/// the byte. Genuine scalars of that range are taken apart in the same way, so that two paths of different bytes are different
/// scalars and every path has its way back. A path is decoded where it comes in (arguments, folders, links, lists) and is bytes
/// again in every call of the system, by `cPath`.
///
/// `==` of strings takes `é` and `e` with an accent behind it for one: compare and sort paths by their `pathBytes`.
extension String {
  /// A path from its bytes.
  public init(pathBytes bytes: some Sequence<UInt8>) {
    let bytes = Array(bytes)
    if let text = String(validating: bytes, as: UTF8.self), !text.unicodeScalars.contains(where: \.standsForByte) {
      self = text
      return
    }
    var scalars = String.UnicodeScalarView()
    var position = 0
    while position < bytes.count {
      if let (scalar, length) = Unicode.Scalar.first(of: bytes[position...]), !scalar.standsForByte {
        scalars.append(scalar)
        position += length
      } else {
        scalars.append(Unicode.Scalar(standingFor: bytes[position]))
        position += 1
      }
    }
    self.init(scalars)
  }

  /// A path that the system tells.
  ///
  /// - Parameter path: ends with a NUL.
  public init(cPath path: UnsafePointer<CChar>) {
    var bytes: [UInt8] = []
    var next = path
    while next.pointee != 0 {
      bytes.append(UInt8(bitPattern: next.pointee))
      next += 1
    }
    self.init(pathBytes: bytes)
  }

  /// The bytes of this path.
  public var pathBytes: [UInt8] {
    if !unicodeScalars.contains(where: \.standsForByte) { return Array(utf8) }
    return unicodeScalars.flatMap { $0.standsForByte ? [$0.byte] : $0.bytes }
  }

  /// The bytes of this path with a NUL behind them, as the system takes a path.
  public var cPath: [CChar] { pathBytes.map { CChar(bitPattern: $0) } + [0] }

  /// Whether the bytes of this path are valid UTF-8.
  public var isUnicodePath: Bool { String(validating: pathBytes, as: UTF8.self) != nil }

  /// This path as people see it, on one line: `\n`, `\t`, `\r`, and `\xE9` for bytes that are not UTF-8 and for those of
  /// characters that command a terminal or turn the direction of writing.
  public var shownPath: String {
    var shown = ""
    for scalar in unicodeScalars {
      switch scalar {
      case "\n": shown += "\\n"
      case "\r": shown += "\\r"
      case "\t": shown += "\\t"
      case _ where scalar.standsForByte: shown += scalar.byte.escape
      case _ where scalar.isUnseen: shown += scalar.bytes.map(\.escape).joined()
      default: shown.unicodeScalars.append(scalar)
      }
    }
    return shown
  }
}

extension Unicode.Scalar {
  private static let firstByte: UInt32 = 0x10FE00

  /// Whether the scalar stands for a byte of a path.
  var standsForByte: Bool { (Self.firstByte..<Self.firstByte + 256).contains(value) }

  /// The byte that the scalar stands for.
  var byte: UInt8 { UInt8(truncatingIfNeeded: value) }

  /// UTF-8.
  fileprivate var bytes: [UInt8] { Array(String(self).utf8) }

  /// The scalar at the start of some bytes, and how many it takes; nil where they do not start with UTF-8.
  fileprivate static func first(of bytes: ArraySlice<UInt8>) -> (scalar: Unicode.Scalar, length: Int)? {
    guard let lead = bytes.first else { return nil }
    let length =
      switch lead {
      case ..<0x80: 1
      case 0xC0..<0xE0: 2
      case 0xE0..<0xF0: 3
      case 0xF0...: 4
      default: 0
      }
    guard length > 0, length <= bytes.count,
      let scalar = String(validating: bytes.prefix(length), as: UTF8.self)?.unicodeScalars.first
    else { return nil }
    return (scalar, length)
  }

  fileprivate init(standingFor byte: UInt8) {
    // The range lies in a plane of private use, all of which are scalars.
    self = Unicode.Scalar(Self.firstByte + UInt32(byte)) ?? "\u{FFFD}"
  }

  /// Whether the scalar moves what is written after it, or cannot be told from nothing.
  private static let directions: Set<Unicode.Scalar> = [
    "\u{61C}", "\u{200E}", "\u{200F}", "\u{202A}", "\u{202B}", "\u{202C}", "\u{202D}", "\u{202E}", "\u{2066}",
    "\u{2067}",
    "\u{2068}", "\u{2069}",
  ]

  fileprivate var isUnseen: Bool {
    switch properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator: true
    default: Self.directions.contains(self)
    }
  }
}

extension UInt8 {
  /// `\xE9`
  var escape: String {
    let digits = String(self, radix: 16, uppercase: true)
    return (digits.count == 1 ? "\\x0" : "\\x") + digits
  }
}
