/// Labels in Python's notation: `{0: 'tench', 1: "a dog's"}` or `['tench']`.
struct PythonLiteral {
  private var rest: Substring.UnicodeScalarView

  private init(_ text: String) { rest = text[...].unicodeScalars }

  /// Class 0 first; nil where the text is none of the two, or a class is missing.
  static func labels(_ text: String) -> [String]? {
    var literal = PythonLiteral(text)
    let labels = literal.take("{") ? literal.entries() : literal.take("[") ? literal.elements() : nil
    guard let labels, literal.isAtEnd else { return nil }
    return labels
  }

  private mutating func entries() -> [String]? {
    var rows: [(index: String, label: String)] = []
    while !take("}") {
      guard rows.isEmpty || take(",") else { return nil }
      // A comma may stand behind the last one.
      if take("}") { break }
      guard let index = number(), take(":"), let label = string() else { return nil }
      rows.append((index, label))
    }
    return try? LabelFile.inOrder(rows)
  }

  private mutating func elements() -> [String]? {
    var labels: [String] = []
    while !take("]") {
      guard labels.isEmpty || take(",") else { return nil }
      if take("]") { break }
      guard let label = string() else { return nil }
      labels.append(label)
    }
    return labels
  }

  private mutating func skipBlanks() { rest = rest.drop { $0.properties.isWhitespace } }

  private var isAtEnd: Bool { rest.allSatisfy { $0.properties.isWhitespace } }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    skipBlanks()
    guard rest.first == scalar else { return false }
    rest = rest.dropFirst()
    return true
  }

  private mutating func number() -> String? {
    skipBlanks()
    let digits = rest.prefix { ("0"..."9").contains($0) }
    rest = rest[digits.endIndex...]
    return digits.isEmpty ? nil : String(digits)
  }

  private mutating func string() -> String? {
    skipBlanks()
    guard let quote = rest.popFirst(), quote == "'" || quote == "\"" else { return nil }
    var result = String.UnicodeScalarView()
    while let scalar = rest.popFirst() {
      if scalar == quote { return String(result) }
      guard scalar == "\\" else {
        result.append(scalar)
        continue
      }
      guard let escaped = escape() else { return nil }
      result.append(escaped)
    }
    return nil
  }

  /// What follows a backslash.
  private mutating func escape() -> Unicode.Scalar? {
    guard let letter = rest.popFirst() else { return nil }
    switch letter {
    case "n": return "\n"
    case "r": return "\r"
    case "t": return "\t"
    case "x": return code(digits: 2)
    case "u": return code(digits: 4)
    case "U": return code(digits: 8)
    case "\\", "'", "\"": return letter
    default: return nil
    }
  }

  private mutating func code(digits: Int) -> Unicode.Scalar? {
    let text = rest.prefix(digits)
    rest = rest[text.endIndex...]
    guard text.count == digits else { return nil }
    return UInt32(String(text), radix: 16).flatMap(Unicode.Scalar.init)
  }
}
