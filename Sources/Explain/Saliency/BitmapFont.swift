/// The letters of captions: printable ASCII, 5 x 9 cells, each glyph as wide as its ink.
enum BitmapFont {
  /// Cells from the top of a capital to the bottom of a descender.
  static let height = 9
  /// Cells from the top of a capital to the base line.
  static let capHeight = 7

  private static let columns = 5
  private static let spacing = 1
  private static let spaceWidth = 3

  /// One character: bit `row * 5 + column` of `bits` is ink.
  struct Glyph {
    let bits: UInt64
    /// Cells of ink from the left.
    let width: Int

    /// True where the glyph has ink; cells outside have none.
    func ink(column: Int, row: Int) -> Bool {
      (0..<BitmapFont.columns).contains(column) && (0..<BitmapFont.height).contains(row)
        && bits >> UInt64(row * BitmapFont.columns + column) & 1 == 1
    }
  }

  /// The glyph of a character; those that are not printable ASCII look like a question mark.
  static func glyph(_ character: Character) -> Glyph {
    let code = character.asciiValue.flatMap { (32...126).contains($0) ? Int($0) : nil } ?? 63
    let bits = glyphs[code - 32]
    let inked = (0..<columns).last { column in (0..<height).contains { bits >> UInt64($0 * columns + column) & 1 == 1 }
    }
    return Glyph(bits: bits, width: inked.map { $0 + 1 } ?? spaceWidth)
  }

  /// Cells that a text takes in width.
  static func width(_ text: String) -> Int {
    text.reduce(0) { $0 + glyph($1).width + spacing } - (text.isEmpty ? 0 : spacing)
  }

  /// The glyphs of a text and the column each starts in.
  static func layout(_ text: String) -> [(glyph: Glyph, column: Int)] {
    var column = 0
    return text.map { character in
      let glyph = glyph(character)
      defer { column += glyph.width + spacing }
      return (glyph, column)
    }
  }

  /// Codes 32 to 126.
  private static let glyphs: [UInt64] = [
    0x0, 0x40108421, 0xA5, 0x295F57D4A, 0x11F4717C4, 0x672222273, 0x593511526, 0x21, 0x82108422, 0x44210841,
    0x2AEFBAA0, 0x84F9080, 0x884000000, 0x78000, 0x40000000, 0x42222210, 0x3A33AE62E, 0x1C4210862, 0x7C444422E,
    0x3A306422E, 0x211F4A988, 0x3A3083C3F, 0x3A317844C, 0x8442221F, 0x3A317462E, 0x1910F462E, 0x40000400,
    0x884000800, 0x208208888, 0xF03C00, 0x44441041, 0x10044422E, 0x782DAF62E, 0x4631FC62E, 0x3E317C62F, 0x3A210862E,
    0x3E318C62F, 0x7C217843F, 0x4217843F, 0x7A31E862E, 0x4631FC631, 0x1C4210847, 0x19284211C, 0x452519531,
    0x7C2108421, 0x4631AD771, 0x4739ACE71, 0x3A318C62E, 0x4217C62F, 0x59358C62E, 0x45257C62F, 0x3E107043E,
    0x10842109F, 0x3A318C631, 0x11518C631, 0x2AB5AC631, 0x462A22A31, 0x108422A31, 0x7C222221F, 0xC2108423,
    0x420820821, 0xC4210843, 0x4544, 0xF800000000, 0x41, 0x7A3E83800, 0x3E319B421, 0x3A210B800, 0x7A31CDA10,
    0x383F8B800, 0x84213C4C, 0xE87A318F800, 0x46319B421, 0x42108401, 0x22908421004, 0x24A32A421, 0x42108421,
    0x56B5AAC00, 0x46319B400, 0x3A318B800, 0x10BE318BC00, 0x1087A318F800, 0x4211B400, 0x3E0E0F800, 0x304213C42,
    0x5B318C400, 0x11518C400, 0x2AB58C400, 0x454454400, 0xE87A318C400, 0x7C4447C00, 0x104208844, 0x42108421,
    0x44220841, 0x4D800,
  ]
}
