/// The frame of a plot: its axes, and where values lie, in the units of the drawing.
struct PlotFrame {
  static let width = 420.0
  static let height = 300.0
  private static let (left, right, top, bottom) = (50.0, 14.0, 12.0, 46.0)

  /// What lies between the axes.
  static let plot = PlotArea(x: left...width - right, y: top...height - bottom)

  let x, y: PlotAxis

  /// The place of a value, from the upper left corner.
  func place(_ value: (x: Double, y: Double)) -> (x: Double, y: Double) {
    let (width, height) = (Self.width - Self.left - Self.right, Self.height - Self.top - Self.bottom)
    return (Self.left + x.position(value.x) * width, Self.top + (1 - y.position(value.y)) * height)
  }

  /// The drawing: grid, names of axes, and what is plotted on top.
  ///
  /// - Parameter description: what those hear who do not see it.
  func drawing(_ description: String, _ content: [Markup]) -> Markup {
    let (low, high) = (place((x.range.lowerBound, y.range.lowerBound)), place((x.range.upperBound, y.range.upperBound)))
    var parts: [Markup] = []
    for tick in x.ticks {
      let at = place((tick, y.range.lowerBound)).x
      parts.append(Self.line((at, low.y), (at, high.y), "grid"))
      parts.append(Self.text(PlotAxis.label(tick), (at, low.y + 16), anchor: "middle"))
    }
    for tick in y.ticks {
      let at = place((x.range.lowerBound, tick)).y
      parts.append(Self.line((low.x, at), (high.x, at), "grid"))
      parts.append(Self.text(PlotAxis.label(tick), (low.x - 6, at + 4), anchor: "end"))
    }
    parts.append(Self.line((low.x, low.y), (high.x, low.y), "axis"))
    parts.append(Self.line((low.x, low.y), (low.x, high.y), "axis"))
    parts.append(Self.text(x.title, ((low.x + high.x) / 2, Self.height - 8), anchor: "middle"))
    parts.append(
      Markup(
        "text",
        [
          "transform": "translate(13 \(Self.decimal((low.y + high.y) / 2))) rotate(-90)", "text-anchor": "middle",
        ], y.title))
    return Markup(
      "svg",
      ["viewBox": "0 0 \(Int(Self.width)) \(Int(Self.height))", "role": "img", "aria-label": description],
      parts + content)
  }

  static func line(_ from: (x: Double, y: Double), _ to: (x: Double, y: Double), _ kind: String) -> Markup {
    Markup(
      "line",
      ["class": kind, "x1": decimal(from.x), "y1": decimal(from.y), "x2": decimal(to.x), "y2": decimal(to.y)])
  }

  static func dot(_ at: (x: Double, y: Double), radius: Double, _ kind: String, title: String) -> Markup {
    Markup(
      "circle", ["class": kind, "cx": decimal(at.x), "cy": decimal(at.y), "r": decimal(radius)],
      [Markup("title", title)])
  }

  static func text(_ text: String, _ at: (x: Double, y: Double), anchor: String) -> Markup {
    Markup("text", ["x": decimal(at.x), "y": decimal(at.y), "text-anchor": anchor], text)
  }

  /// To a tenth, which is finer than a pixel.
  static func decimal(_ value: Double) -> String { value.fixed(1) }
}

/// A rectangle of a drawing.
struct PlotArea {
  let x, y: ClosedRange<Double>

  func contains(_ x: ClosedRange<Double>, _ y: ClosedRange<Double>) -> Bool {
    self.x.lowerBound <= x.lowerBound && x.upperBound <= self.x.upperBound && self.y.lowerBound <= y.lowerBound
      && y.upperBound <= self.y.upperBound
  }
}
