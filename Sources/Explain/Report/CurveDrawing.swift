extension CurveChart {
  /// The plot with its heading.
  func figure() -> Markup {
    let points = curves.flatMap(\.points)
    let frame = PlotFrame(
      x: PlotAxis(x, covering: points.map(\.x)), y: PlotAxis(y, covering: points.map(\.y)))
    var parts: [Markup] = []
    for (index, curve) in curves.enumerated() {
      let places = curve.points.map(frame.place)
      let path = places.map { "\(PlotFrame.decimal($0.x)),\(PlotFrame.decimal($0.y))" }.joined(separator: " ")
      let kind = SeriesStyle.kind(index)
      parts.append(Markup("polyline", ["class": "curve \(kind)", "points": path], [Markup("title", curve.name)]))
      for (point, place) in zip(curve.points, places) {
        let title = "\(curve.name): \(PlotFrame.decimal(point.y)) at \(PlotFrame.decimal(point.x))"
        parts.append(PlotFrame.dot(place, radius: 2.6, "dot \(kind)", title: title))
      }
    }
    let description = "\(title): \(y) over \(x), \(curves.count) methods; the figures are in the table below"
    return Markup(
      "figure", ["class": "chart"],
      [Markup("h3", "\(title) \(better.arrow)"), frame.drawing(description, parts)])
  }

  /// Which line belongs to which curve.
  func legend() -> Markup {
    Markup(
      "ul", ["class": "legend"],
      curves.enumerated().map { index, curve in
        let sample = Markup(
          "svg", ["viewBox": "0 0 30 10", "width": "30", "height": "10", "aria-hidden": "true"],
          [PlotFrame.line((1, 5), (29, 5), "curve \(SeriesStyle.kind(index))")])
        return Markup("li", [:], [sample, Markup(curve.name)])
      })
  }
}

/// What tells the methods apart in plots: six colours, and lines that are whole, dashed and dotted.
enum SeriesStyle {
  static func kind(_ index: Int) -> String { "c\(index % 6) d\(index / 6 % 3)" }
}
