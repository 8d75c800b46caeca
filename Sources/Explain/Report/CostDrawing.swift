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

/// Puts names beside points so that they cover neither one another nor other points, where there is room.
package struct LabelPlacement {
  private struct Box {
    var x, y, width, height: Double

    func overlap(_ other: Box) -> Double {
      let columns = min(x + width, other.x + other.width) - max(x, other.x)
      let rows = min(y + height, other.y + other.height) - max(y, other.y)
      return columns > 0 && rows > 0 ? columns * rows : 0
    }
  }

  /// Of the font that the page sets, about.
  private static let (letter, line) = (6.6, 13.0)
  private var taken: [Box]

  package init(points: [(x: Double, y: Double)]) {
    taken = points.map { Box(x: $0.x - 5, y: $0.y - 5, width: 10, height: 10) }
  }

  /// The first place of least overlap, and where the text is anchored there.
  package mutating func place(_ text: String, at point: (x: Double, y: Double)) -> (
    x: Double, y: Double, anchor: String
  ) {
    let width = Double(text.count) * Self.letter
    let rows = [4.0, -8, 16, -20, 28]
    let places: [(x: Double, y: Double, anchor: String)] =
      rows.flatMap { [(point.x + 8, point.y + $0, "start"), (point.x - 8, point.y + $0, "end")] }
    func box(_ place: (x: Double, y: Double, anchor: String)) -> Box {
      Box(
        x: place.anchor == "end" ? place.x - width : place.x, y: place.y - Self.line + 3, width: width,
        height: Self.line)
    }
    func cost(_ box: Box) -> Double {
      let isOutside =
        box.x < 52 || box.x + box.width > PlotFrame.width || box.y < 0 || box.y + box.height > PlotFrame.height - 48
      return taken.reduce(isOutside ? 1e4 : 0) { $0 + $1.overlap(box) }
    }
    let costs = places.map { cost(box($0)) }
    let best = places[costs.indices.min { costs[$0] < costs[$1] } ?? 0]
    taken.append(box(best))
    return best
  }
}
