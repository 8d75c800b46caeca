import FoundationEssentials

extension ReportContent {
  /// What the page names as its generator, by which it is known.
  public static let generator = "ttame-lite"

  /// The page: one file that needs no other, no script and no network.
  public var html: String {
    let head = Markup(
      "head", [:],
      [
        Markup("meta", ["charset": "utf-8"]),
        Markup("meta", ["name": "generator", "content": Self.generator]),
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

  private var sections: [Markup] {
    var sections = [section("The run", [definitions(facts)])]
    sections.append(
      section("Methods and metrics", [metrics.markup("Methods and metrics"), tableKey, glossaryDetails]))
    if let first = curves.first, let curveTable {
      sections.append(
        section(
          "ROAD: predictions that survive the removal of pixels",
          [
            Markup("div", ["class": "charts"], curves.map { $0.figure() }), first.legend(),
            details("The curves in figures", [curveTable.markup("ROAD in figures")]),
          ]))
    }
    if !costs.isEmpty {
      sections.append(section("Cost and quality", [Markup("div", ["class": "charts"], costs.map { $0.figure() })]))
    }
    if !pictures.gallery.isEmpty { sections.append(gallerySection) }
    if !pictures.worst.isEmpty { sections.append(worstSection) }
    return sections
  }

  private var tableKey: Markup {
    Markup(
      "p", ["class": "note"],
      "↓ lower is better, ↑ higher is better, ★ the best of a column. Costs are means for one map.")
  }

  private var glossaryDetails: Markup { details("Definitions of the metrics", [definitions(glossary)]) }

  private var gallerySection: Markup {
    let photographs = pictures.gallery.map { photograph in
      let tiles = [photograph.picture.tile("photograph", remark: "", of: photograph)]
      let maps = photograph.maps.map { $0.picture.tile($0.method, remark: $0.remark, of: photograph) }
      return Markup(
        "article", [:], [photograph.heading, Markup("div", ["class": "tiles"], tiles + maps)])
    }
    let count = pictures.gallery.count
    let note =
      "\(counted(count, "photograph")) of the list, evenly spread, as the network sees them; "
      + "the maps explain the predicted class."
    return section("Maps by method", [Markup("p", ["class": "note"], note)] + photographs)
  }

  private var worstSection: Markup {
    let items = pictures.worst.map { photograph in
      let tiles = [photograph.picture.tile("photograph", remark: "", of: photograph)]
      let maps = photograph.maps.map { $0.picture.tile($0.method, remark: $0.remark, of: photograph) }
      return Markup("li", [:], [photograph.heading, Markup("div", ["class": "tiles"], tiles + maps)])
    }
    return section(
      "The worst maps",
      [
        Markup("p", ["class": "note"], "The \(items.count) worst by \(pictures.worstBy), worst first."),
        Markup("ol", ["class": "worst"], items),
      ])
  }

  private func section(_ heading: String, _ content: [Markup]) -> Markup {
    Markup("section", [:], [Markup("h2", heading)] + content)
  }

  private func details(_ summary: String, _ content: [Markup]) -> Markup {
    Markup("details", [:], [Markup("summary", summary)] + content)
  }

  private func definitions(_ pairs: [(name: String, value: String)]) -> Markup {
    Markup("dl", [:], pairs.flatMap { [Markup("dt", $0.name), Markup("dd", $0.value)] })
  }
}

extension ReportTable {
  /// The table in a frame that scrolls where the screen is narrow; the best of each column is marked.
  fileprivate func markup(_ label: String) -> Markup {
    let titles = columns.map { column in
      Markup(
        "th", ["scope": "col", "title": column.better?.words ?? ""],
        column.title + (column.better.map { " \($0.arrow)" } ?? ""))
    }
    let body = rows.indices.map { row in
      Markup("tr", [:], [Markup("th", ["scope": "row"], rows[row])] + columns.map { cell($0, row) })
    }
    let head = Markup("thead", [:], [Markup("tr", [:], [Markup("th", ["scope": "col"], "method")] + titles)])
    return Markup(
      "div", ["class": "scroll", "role": "region", "tabindex": "0", "aria-label": label],
      [Markup("table", [:], [head, Markup("tbody", [:], body)])])
  }

  private func cell(_ column: Column, _ row: Int) -> Markup {
    guard let value = column.values[row] else { return Markup("td", "–") }
    if value == column.best { return Markup("td", ["class": "best"], [Markup("strong", column.format(value) + " ★")]) }
    return Markup("td", column.format(value))
  }
}

extension ReportPictures.Photograph {
  /// What the classifier says, and the file.
  fileprivate var heading: Markup {
    return Markup(
      "h3", [:],
      [Markup("\(label), \((100 * Double(probability)).fixed(1)) % "), Markup("span", ["class": "file"], name)])
  }
}

extension Thumbnail {
  fileprivate func tile(_ caption: String, remark: String, of photograph: ReportPictures.Photograph) -> Markup {
    let image = Markup(
      "img",
      [
        "src": "data:image/jpeg;base64," + Data(jpeg).base64EncodedString(), "width": "\(size.width)",
        "height": "\(size.height)",
        "alt": caption == "photograph"
          ? "\(photograph.name), \(photograph.label)" : "\(caption): evidence for \(photograph.label)",
      ])
    let words = [Markup(caption)] + (remark.isEmpty ? [] : [Markup("span", ["class": "remark"], remark)])
    return Markup("figure", [:], [image, Markup("figcaption", [:], words)])
  }
}
