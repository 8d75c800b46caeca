extension ReportContent {
  /// What pages name as their generator, by which they are known.
  public static let generator = "ttame-lite"

  /// The page: one file that needs no other, no script and no network.
  public var html: String {
    Markup.page(title, sections)
  }

  private var sections: [Markup] {
    var sections = [Markup.section("The run", [.definitions(facts)])]
    sections.append(
      Markup.section(
        "Methods and metrics",
        [metrics.markup("Methods and metrics")] + Markup.warnings(warnings) + [tableKey, glossaryDetails]))
    if let differences {
      sections.append(
        Markup.section("Differences from \(differences.reference)", [differences.markup, differenceKey(differences)]))
    }
    if let first = curves.first, let curveTable {
      sections.append(
        Markup.section(
          "ROAD: predictions that survive the removal of pixels",
          [
            Markup("div", ["class": "charts"], curves.map { $0.figure() }), first.legend(),
            Markup.details("The curves in figures", [curveTable.markup("ROAD in figures")]),
          ]))
    }
    if !costs.isEmpty {
      sections.append(
        Markup.section("Cost and quality", [Markup("div", ["class": "charts"], costs.map { $0.figure() })]))
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

  private func differenceKey(_ table: DifferenceTable) -> Markup {
    let note =
      "Method minus \(table.reference), image by image: the mean, and the 95 % interval of a paired bootstrap. Bold intervals "
      + "leave out zero. No correction is made for the number of comparisons."
    return .note(note)
  }

  private var glossaryDetails: Markup { Markup.details("Definitions of the metrics", [.definitions(glossary)]) }

  private var gallerySection: Markup {
    let photographs = pictures.gallery.map { photograph in
      let tiles = [photograph.tile("photograph", photograph.picture)]
      let maps = photograph.maps.map { photograph.tile($0.method, $0.picture, remark: $0.remark) }
      return Markup(
        "article", [:], [photograph.heading, .tiles(tiles + maps)])
    }
    let count = pictures.gallery.count
    let note =
      "\(counted(count, "photograph")) of the list, evenly spread, as the network sees them; "
      + "the maps explain the predicted class."
    return Markup.section("Maps by method", [.note(note)] + photographs)
  }

  private var worstSection: Markup {
    let items = pictures.worst.map { photograph in
      let tiles = [photograph.tile("photograph", photograph.picture)]
      let maps = photograph.maps.map { photograph.tile($0.method, $0.picture, remark: $0.remark) }
      return Markup("li", [:], [photograph.heading, .tiles(tiles + maps)])
    }
    return Markup.section(
      "The worst maps",
      [
        .note("The \(items.count) worst by \(pictures.worstBy), worst first."),
        Markup("ol", ["class": "worst"], items),
      ])
  }
}

extension ReportTable {
  /// The table in a frame that scrolls where the screen is narrow; the best of each column is marked.
  fileprivate func markup(_ label: String) -> Markup {
    let titles = columns.map { heading("col", $0.title, $0.better, isMovedByCurve: $0.isMovedByCurve) }
    let body = rows.indices.map { row in [Markup("th", ["scope": "row"], rows[row])] + columns.map { cell($0, row) } }
    return .scrollingTable(label, head: [Markup("th", ["scope": "col"], "method")] + titles, body)
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
    return .scrollingTable(
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

extension ReportPictures.Photograph {
  /// What the classifier says, and the file.
  fileprivate var heading: Markup {
    return Markup(
      "h3", [:],
      [Markup("\(label), \((100 * Double(probability)).fixed(1)) % "), Markup("span", ["class": "file"], name)])
  }

  fileprivate func tile(_ caption: String, _ picture: Thumbnail, remark: String = "") -> Markup {
    picture.tile(
      caption, remark: remark,
      alternative: caption == "photograph" ? "\(name), \(label)" : "\(caption): evidence for \(label)")
  }
}
