/// The lines of a text that any system's editor or spreadsheet may have written.
///
/// A byte order mark goes, and so do blanks at the ends of lines. Lines end with LF or CR LF, or with CR where there is no LF.
struct TextLines {
  let lines: [ArraySlice<UInt8>]

  init(_ bytes: [UInt8]) {
    let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
    let (feed, carriageReturn) = (UInt8(ascii: "\n"), UInt8(ascii: "\r"))
    let end = text.contains(feed) ? feed : carriageReturn
    lines = text.split(separator: end, omittingEmptySubsequences: false).map { line in
      line.last == carriageReturn ? line.dropLast().withoutFinalBlanks : line.withoutFinalBlanks
    }
  }
}

/// One of the fields that a separator divides a line into.
struct LineField {
  /// Without the quotes around it.
  let bytes: ArraySlice<UInt8>
  let isQuoted: Bool

  /// Whether the field begins with a double quote and does not end with another.
  var isOpenQuote: Bool { !isQuoted && bytes.first == UInt8(ascii: "\"") }
}

extension ArraySlice<UInt8> {
  /// The slice without the blanks and tabs at its end.
  var withoutFinalBlanks: ArraySlice<UInt8> {
    let blanks = [UInt8(ascii: " "), UInt8(ascii: "\t")]
    return prefix(through: lastIndex { !blanks.contains($0) } ?? startIndex - 1)
  }

  /// The slice without the blanks at both ends.
  var trimmed: ArraySlice<UInt8> { drop { $0 == UInt8(ascii: " ") }.withoutFinalBlanks }

  /// The fields of a line. One that begins with a double quote goes on to the next single one, if a separator or the end follows
  /// that, and holds a quote for two; another one is taken as it is.
  func fields(separator: UInt8) -> [LineField] {
    var fields: [LineField] = []
    var rest = self
    while true {
      if let (field, end) = rest.quotedField(separator: separator) {
        fields.append(LineField(bytes: field[...], isQuoted: true))
        guard end < rest.endIndex else { return fields }
        rest = rest[(end + 1)...]
      } else {
        let end = rest.firstIndex(of: separator) ?? rest.endIndex
        fields.append(LineField(bytes: rest[..<end], isQuoted: false))
        guard end < rest.endIndex else { return fields }
        rest = rest[(end + 1)...]
      }
    }
  }

  /// What the double quotes at the start hold, and where the field ends; nil without such quotes.
  private func quotedField(separator: UInt8) -> (field: [UInt8], end: Int)? {
    let quote = UInt8(ascii: "\"")
    guard first == quote else { return nil }
    var field: [UInt8] = []
    var position = startIndex + 1
    while position < endIndex {
      if self[position] != quote {
        field.append(self[position])
        position += 1
      } else if position + 1 < endIndex, self[position + 1] == quote {
        field.append(quote)
        position += 2
      } else {
        let end = self[(position + 1)...].firstIndex { $0 != UInt8(ascii: " ") } ?? endIndex
        return end == endIndex || self[end] == separator ? (field, end) : nil
      }
    }
    return nil
  }
}
