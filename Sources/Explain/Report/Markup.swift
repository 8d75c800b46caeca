/// A piece of HTML or SVG in which all text is escaped; a page is made of nothing else.
struct Markup: Sendable {
  let source: String

  private init(source: String) { self.source = source }

  /// Text, whatever characters it holds.
  init(_ text: String) { source = Self.escaped(text) }

  /// An element; one without an end tag in HTML ends like one of XML, so that both read the page.
  init(_ name: String, _ attributes: KeyValuePairs<String, String> = [:], _ content: [Markup] = []) {
    let start = "<" + name + attributes.map { " \($0)=\"\(Self.escaped($1))\"" }.joined()
    source =
      Self.void.contains(name)
      ? start + " />" : start + ">" + content.map(\.source).joined() + "</\(name)>"
  }

  /// An element that holds text alone.
  init(_ name: String, _ attributes: KeyValuePairs<String, String>, _ text: String) {
    self.init(name, attributes, [Markup(text)])
  }

  /// An element without attributes that holds text alone.
  init(_ name: String, _ text: String) { self.init(name, [:], text) }

  /// A style sheet, which no user has a part in.
  static func styleSheet(_ css: StaticString) -> Markup { Markup(source: "<style>\(css)</style>") }

  private static let void: Set = ["img", "meta"]

  /// Text in a form that is text in elements and in quoted attributes; control characters, which HTML forbids, are replaced.
  static func escaped(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result.append(contentsOf: "&amp;".unicodeScalars)
      case "<": result.append(contentsOf: "&lt;".unicodeScalars)
      case ">": result.append(contentsOf: "&gt;".unicodeScalars)
      case "\"": result.append(contentsOf: "&quot;".unicodeScalars)
      case "'": result.append(contentsOf: "&#39;".unicodeScalars)
      case "\t", "\n": result.append(scalar)
      case "\0"..." ", "\u{7F}"..."\u{9F}": result.append(scalar == " " ? " " : "\u{FFFD}")
      default: result.append(scalar)
      }
    }
    return String(result)
  }
}
