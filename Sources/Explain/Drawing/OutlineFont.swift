/// The font of captions: outlines of Latin, Greek and Cyrillic letters, out of `outlineTable`.
///
/// Lengths are in ems, y grows upwards from the base line.
struct OutlineFont: Sendable {
  /// A point of a contour; those off the curve control a quadratic Bézier curve.
  struct Point: Equatable {
    var x, y: Double
    var isOnCurve: Bool
  }

  static let shared = OutlineFont(outlineTable)
  /// From the base line to the top of an H, and to the bottom of a p.
  static let capHeight = 0.729
  static let descent = 0.208

  private static let unitsPerEm = 1024.0

  private let table: StaticString
  /// Where each glyph's line begins in the table.
  private let starts: [Int]
  /// Glyphs of characters. Composed and decomposed letters are one key.
  private let places: [Character: Int]

  init(_ table: StaticString) {
    self.table = table
    var starts: [Int] = []
    var places: [Character: Int] = [:]
    table.withUTF8Buffer { bytes in
      for line in bytes.split(separator: UInt8(ascii: "\n")) {
        var reader = LineReader(bytes, at: line.startIndex)
        if let code = reader.field(radix: 16), let scalar = Unicode.Scalar(UInt32(code)) {
          places[Character(scalar)] = starts.count
        }
        starts.append(line.startIndex)
      }
    }
    (self.starts, self.places) = (starts, places)
  }

  /// How many glyphs there are, parts of others included.
  var count: Int { starts.count }

  /// The glyphs of a character. One that the font lacks is written as its code: `\u{1F436}`.
  func glyphs(_ character: Character) -> [Int] {
    if let place = places[character] { return [place] }
    return character.unicodeScalars.flatMap { scalar in
      if let place = places[Character(scalar)] { return [place] }
      return "\\u{\(String(scalar.value, radix: 16, uppercase: true))}".compactMap { places[$0] }
    }
  }

  /// How far the next glyph is.
  func advance(_ glyph: Int) -> Double {
    table.withUTF8Buffer { bytes in
      var reader = LineReader(bytes, at: starts[glyph])
      _ = reader.field(radix: 16)
      return Double(reader.field() ?? 0) / Self.unitsPerEm
    }
  }

  /// The width of a text.
  func width(_ text: String) -> Double { text.reduce(0) { $0 + width($1) } }

  func width(_ character: Character) -> Double { glyphs(character).reduce(0) { $0 + advance($1) } }

  /// The contours of a glyph, clockwise around ink.
  func contours(_ glyph: Int) -> [[Point]] {
    table.withUTF8Buffer { bytes in contours(glyph, bytes) }
  }

  private func contours(_ glyph: Int, _ bytes: UnsafeBufferPointer<UInt8>) -> [[Point]] {
    var reader = LineReader(bytes, at: starts[glyph])
    _ = (reader.field(radix: 16), reader.field())
    var contours: [[Point]] = []
    while let part = reader.part() {
      let (x, y) = (Double(part.x) / Self.unitsPerEm, Double(part.y) / Self.unitsPerEm)
      contours += self.contours(part.glyph, bytes).map { contour in
        contour.map { Point(x: $0.x + x, y: $0.y + y, isOnCurve: $0.isOnCurve) }
      }
    }
    while let count = reader.number() {
      var (x, y) = (0, 0)
      contours.append(
        (0..<count).map { _ in
          let step = reader.number() ?? 0
          (x, y) = (x + step >> 1, y + (reader.number() ?? 0))
          return Point(x: Double(x) / Self.unitsPerEm, y: Double(y) / Self.unitsPerEm, isOnCurve: step & 1 == 1)
        })
    }
    return contours
  }
}

/// Reads a line of the table, which Tools/make-font.py describes.
private struct LineReader {
  private let bytes: UnsafeBufferPointer<UInt8>
  private var position: Int
  /// Where the line ends.
  private let end: Int

  init(_ bytes: UnsafeBufferPointer<UInt8>, at start: Int) {
    (self.bytes, position) = (bytes, start)
    end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
  }

  /// The number up to the next space, or nil for what is none.
  mutating func field(radix: Int = 10) -> Int? { Int(next(), radix: radix) }

  /// A part `GLYPH,X,Y`, or nil where none follows.
  mutating func part() -> (glyph: Int, x: Int, y: Int)? {
    let start = position
    let numbers = next().split(separator: ",").compactMap { Int($0) }
    if numbers.count == 3 { return (numbers[0], numbers[1], numbers[2]) }
    position = start
    return nil
  }

  /// What is up to the next space.
  private mutating func next() -> String {
    let stop = bytes[position..<end].firstIndex(of: UInt8(ascii: " ")) ?? end
    defer { position = min(stop + 1, end) }
    return String(decoding: bytes[position..<stop], as: UTF8.self)
  }

  /// A number in base64 VLQ, or nil at the end of the line.
  mutating func number() -> Int? {
    var (value, shift) = (0, 0)
    while position < end, let digit = Self.digit(bytes[position]) {
      position += 1
      value |= (digit & 31) << shift
      shift += 5
      if digit < 32 { return value & 1 == 1 ? -(value >> 1) : value >> 1 }
    }
    return nil
  }

  private static func digit(_ byte: UInt8) -> Int? {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): Int(byte - UInt8(ascii: "A"))
    case UInt8(ascii: "a")...UInt8(ascii: "z"): Int(byte - UInt8(ascii: "a")) + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(byte - UInt8(ascii: "0")) + 52
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }
}
