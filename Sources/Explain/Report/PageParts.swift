import FoundationEssentials

extension Markup {
  /// A page: one file that needs no other, no script and no network.
  static func page(_ title: String, _ sections: [Markup]) -> String {
    let head = Markup(
      "head", [:],
      [
        Markup("meta", ["charset": "utf-8"]),
        Markup("meta", ["name": "generator", "content": ReportContent.generator]),
        Markup("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"]),
        // What a file's name might smuggle in, nobody fetches or runs.
        Markup(
          "meta",
          [
            "http-equiv": "Content-Security-Policy",
            "content": "default-src 'none'; img-src data:; style-src 'unsafe-inline'",
          ]),
        Markup("title", title), .styleSheet(reportStyle),
      ])
    let body = Markup("body", [:], [Markup("main", [:], [Markup("h1", title)] + sections)])
    return "<!DOCTYPE html>\n" + Markup("html", ["lang": "en"], [head, body]).source + "\n"
  }

  static func section(_ heading: String, _ content: [Markup]) -> Markup {
    Markup("section", [:], [Markup("h2", heading)] + content)
  }

  /// Content that is shown when its summary is clicked.
  static func details(_ summary: String, _ content: [Markup]) -> Markup {
    Markup("details", [:], [Markup("summary", summary)] + content)
  }

  /// Names and values.
  static func definitions(_ pairs: [(name: String, value: String)]) -> Markup {
    Markup("dl", [:], pairs.flatMap { [Markup("dt", $0.name), Markup("dd", $0.value)] })
  }

  static func note(_ text: String) -> Markup { Markup("p", ["class": "note"], text) }

  /// What a reader must not miss; nothing where there is nothing.
  static func warnings(_ texts: [String]) -> [Markup] {
    texts.isEmpty ? [] : [Markup("ul", ["class": "warnings"], texts.map { Markup("li", $0) })]
  }

  /// A table in a frame that scrolls where the screen is narrow.
  static func scrollingTable(_ label: String, head: [Markup], _ rows: [[Markup]]) -> Markup {
    let body = Markup("tbody", [:], rows.map { Markup("tr", [:], $0) })
    return Markup(
      "div", ["class": "scroll", "role": "region", "tabindex": "0", "aria-label": label],
      [Markup("table", [:], [Markup("thead", [:], [Markup("tr", [:], head)]), body])])
  }

  /// Pictures beside each other.
  static func tiles(_ tiles: [Markup]) -> Markup { Markup("div", ["class": "tiles"], tiles) }
}

extension Thumbnail {
  /// The picture and what stands below it.
  ///
  /// - Parameter alternative: what is said where the picture cannot be seen.
  func tile(_ caption: String, remark: String = "", alternative: String) -> Markup {
    let image = Markup(
      "img",
      [
        "src": "data:image/jpeg;base64," + Data(jpeg).base64EncodedString(), "width": "\(size.width)",
        "height": "\(size.height)", "alt": alternative,
      ])
    let words = [Markup(caption)] + (remark.isEmpty ? [] : [Markup("span", ["class": "remark"], remark)])
    return Markup("figure", [:], [image, Markup("figcaption", [:], words)])
  }
}
