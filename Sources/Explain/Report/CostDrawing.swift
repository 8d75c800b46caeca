extension CostChart {
  /// The plot with its heading: time to the right on a logarithmic axis, quality upwards as measured.
  func figure() -> Markup {
    let frame = PlotFrame(
      x: PlotAxis("milliseconds per map", logarithmicCovering: points.map(\.milliseconds)),
      y: PlotAxis(y, covering: points.map(\.quality)))
    let places = points.map { frame.place(($0.milliseconds, $0.quality)) }
    var labels = LabelPlacement(points: places)
    var parts: [Markup] = []
    for (index, (point, place)) in zip(points, places).enumerated() {
      let title =
        "\(point.name): \(PlotFrame.decimal(point.milliseconds)) ms, \(y) \(PlotFrame.decimal(point.quality))"
      parts.append(PlotFrame.dot(place, radius: 4.5, "dot \(SeriesStyle.kind(index))", title: title))
      let label = labels.place(point.name, at: place)
      if label.isAside {
        let end = label.x + (label.anchor == "end" ? 1 : -1)
        parts.append(PlotFrame.line(place, (end, label.y - 4), "leader"))
      }
      parts.append(PlotFrame.text(point.name, (label.x, label.y), anchor: label.anchor))
    }
    let words = points.map {
      "\($0.name) \(PlotFrame.decimal($0.milliseconds)) ms, \(PlotFrame.decimal($0.quality))"
    }
    return Markup(
      "figure", ["class": "chart"],
      [
        Markup("h3", "\(title) \(better.arrow)"),
        frame.drawing("\(title), \(better.words): \(words.joined(separator: "; "))", parts),
      ])
  }
}
