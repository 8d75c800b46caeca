import Explain

extension EvaluationReport {
  /// Lines for people; none where no image could be read.
  var text: String {
    guard images > 0 else { return "" }
    var lines: [String] = []
    if let top1 = metrics.top1, let top5 = metrics.top5 {
      let labelled = counted(metrics.labelled ?? images, "image")
      lines.append("\(model): top-1 \(percent(top1)), top-5 \(percent(top5)) of \(labelled)")
    }
    if let methods {
      return lines.map { $0 + "\n" }.joined() + "\(model), \(counted(images, "image")):\n" + table(methods)
        + curveRemark + (boxPlaces?.remark.map { $0 + "\n" } ?? "") + differenceTable(methods)
        + lostLeads.map { "\($0.sentence)\n" }.joined() + roadTable(methods) + trustTable(methods)
    }
    lines += ownLines
    return lines.map { $0 + "\n" }.joined() + curveRemark + trustTable([metrics])
  }

  /// What the mark behind a figure's name means; empty where none has it.
  private var curveRemark: String {
    movedByCurve.isEmpty ? "" : "~ a monotone curve on the map, such as more brightness, changes this figure\n"
  }

  /// A figure's name as columns and lines have it.
  private static func marked(_ title: String, _ isMovedByCurve: Bool) -> String { title + (isMovedByCurve ? "~" : "") }

  /// The other methods minus the first, a row for each figure.
  private func differenceTable(_ methods: [MethodMetrics]) -> String {
    let others = methods.dropFirst()
    guard others.contains(where: { $0.differences != nil }), let first = methods.first?.method else { return "" }
    var table = Table(["minus \(first)"] + others.map { $0.method ?? "" })
    for figure in Self.figures(of: methods) {
      table.add(
        [Self.marked(Self.title(figure), figure.isMovedByCurve)]
          + others.map { $0.differences?[figure.name].map { figure.text($0) } ?? "-" })
    }
    return "differences, with 95 % intervals of a paired bootstrap:\n" + table.text
  }

  /// What the model's own head is worth.
  private var ownLines: [String] {
    var lines: [String] = []
    func add(_ name: String, _ values: [String: Double]?, _ images: Int) {
      guard let values else { return }
      let shares = KeptShare.allCases.compactMap { share in
        values["\(share.rawValue)"].map { "\(name)(\(share.rawValue)) \(percent($0 / 100))" }
      }
      lines.append("\(model): \(shares.joined(separator: ", ")) of \(counted(images, "image"))")
    }
    add("AD~", metrics.ad, images)
    add("rank AD", metrics.rankAD, images)
    add("IC~", metrics.ic, images)
    add("rank IC", metrics.rankIC, images)
    if let road = metrics.road {
      for (name, shares) in [("MoRF", road.morf), ("LeRF", road.lerf)] {
        let values = RoadAgreement.removed.compactMap { removed in shares["\(removed)"].map { percent($0) } }
        lines.append("\(model): ROAD \(name) \(values.joined(separator: ", ")) survive of \(counted(images, "image"))")
      }
    }
    for figure in MapFigure.allCases where ![.ad, .ic, .road].contains(figure.metric) {
      guard let value = metrics.figures[figure] else { continue }
      let counted =
        MapMetric.ofBoxes.contains(figure.metric)
        ? counted(metrics.boxes ?? 0, "image with a box", plural: "images with boxes") : counted(images, "image")
      let unit = figure.hasPercentSign ? " %" : ""
      lines.append(
        "\(model): \(Self.marked(figure.title, figure.isMovedByCurve)) \(figure.text(value))\(unit) of \(counted)")
    }
    if let remark = boxPlaces?.remark { lines.append("\(model): \(remark)") }
    for (name, group) in [("with", metrics.seen), ("without", metrics.unseen)] {
      guard let group, metrics.ad != nil || metrics.ic != nil else { continue }
      lines.append("classes \(name) training images:")
      if metrics.ad != nil { add("AD~", group.ad, group.images) }
      if metrics.ic != nil { add("IC~", group.ic, group.images) }
    }
    return lines
  }

  /// What independent metrics say of the maps that are trusted most, and least.
  private func trustTable(_ methods: [MethodMetrics]) -> String {
    let thirds = methods.flatMap { method in
      zip(["most trusted third", "middle third", "least trusted third"], method.trustThirds ?? []).map { name, third in
        var row = third
        row.method = (method.method.map { $0 + ", " } ?? "") + name
        return row
      }
    }
    return thirds.isEmpty ? "" : table(thirds)
  }

  /// A row for each method.
  private func table(_ methods: [MethodMetrics]) -> String {
    let columns = Self.columns(of: methods)
    var table = Table(["method"] + columns.map { Self.marked($0.title, $0.isMovedByCurve) })
    for method in methods {
      table.add([method.method ?? ""] + columns.map { column in column.value(method).map(column.format) ?? "-" })
    }
    return table.text
  }

  /// ROAD at every share, where it was measured.
  private func roadTable(_ methods: [MethodMetrics]) -> String {
    let measured = methods.filter { $0.road != nil }
    if measured.isEmpty { return "" }
    let shares = RoadAgreement.removed.map(String.init)
    var table = Table(
      ["% that survive without"] + ["MoRF", "LeRF"].flatMap { order in shares.map { "\(order) \($0)" } })
    for method in measured {
      guard let road = method.road else { continue }
      table.add(
        [method.method ?? ""]
          + [road.morf, road.lerf].flatMap { values in
            shares.map { values[$0].map { Self.percentage(100 * $0) } ?? "-" }
          })
    }
    return table.text
  }
}
