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
      section(
        "Methods and metrics", [metrics.markup("Methods and metrics")] + warningList + [tableKey, glossaryDetails]))
    if let differences {
      sections.append(
        section("Differences from \(differences.reference)", [differences.markup, differenceKey(differences)]))
    }
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
      "↓ lower is better, ↑ higher is better, ★ the best of a column. ~ A monotone curve on the maps, such as more brightness, "
        + "changes this figure; figures without ~ depend on the order of the pixels alone. Costs are means for one map."
    )
  }

  private var warningList: [Markup] {
    if warnings.isEmpty { return [] }
    return [Markup("ul", ["class": "warnings"], warnings.map { Markup("li", $0) })]
  }

  private func differenceKey(_ table: DifferenceTable) -> Markup {
    let note =
      "Method minus \(table.reference), image by image: the mean, and the 95 % interval of a paired bootstrap. Bold intervals "
      + "leave out zero. No correction is made for the number of comparisons."
    return Markup("p", ["class": "note"], note)
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
    let titles = columns.map { heading("col", $0.title, $0.better, isMovedByCurve: $0.isMovedByCurve) }
    let body = rows.indices.map { row in [Markup("th", ["scope": "row"], rows[row])] + columns.map { cell($0, row) } }
    return scrollingTable(label, head: [Markup("th", ["scope": "col"], "method")] + titles, body)
  }

  private func cell(_ column: Column, _ row: Int) -> Markup {
    guard let value = column.values[row] else { return Markup("td", "–") }
    if value == column.best { return Markup("td", ["class": "best"], [Markup("strong", column.format(value) + " ★")]) }
    return Markup("td", column.format(value))
  }
}

extension DifferenceTable {
  fileprivate var markup: Markup {
    let head = ["minus \(reference)"] + methods
    let body = rows.map { row in
      [heading("row", row.title, row.better, isMovedByCurve: row.isMovedByCurve)]
        + row.cells.map { cell in
          guard let cell else { return Markup("td", "–") }
          return cell.isCertain ? Markup("td", [:], [Markup("strong", cell.text)]) : Markup("td", cell.text)
        }
    }
    return scrollingTable(
      "Differences from \(reference)", head: head.map { Markup("th", ["scope": "col"], $0) }, body)
  }
}

/// The name of a metric, marked with what is good and whether a curve can change it.
private func heading(_ scope: String, _ title: String, _ better: BetterDirection?, isMovedByCurve: Bool) -> Markup {
  Markup(
    "th",
    [
      "scope": scope,
      "title": (better?.words ?? "") + (isMovedByCurve ? "; a monotone curve on the maps changes it" : ""),
    ],
    title + (isMovedByCurve ? " ~" : "") + (better.map { " \($0.arrow)" } ?? ""))
}

/// A table in a frame that scrolls where the screen is narrow.
private func scrollingTable(_ label: String, head: [Markup], _ rows: [[Markup]]) -> Markup {
  let body = Markup("tbody", [:], rows.map { Markup("tr", [:], $0) })
  return Markup(
    "div", ["class": "scroll", "role": "region", "tabindex": "0", "aria-label": label],
    [Markup("table", [:], [Markup("thead", [:], [Markup("tr", [:], head)]), body])])
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
