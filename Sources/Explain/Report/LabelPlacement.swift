/// Puts names beside points so that they cover neither one another nor other points.
package struct LabelPlacement {
  package struct Label {
    /// Where the text begins, or ends, on its base line.
    package var x, y: Double
    package var anchor: String
    /// Whether it stands so far from its point that a line must show whose it is.
    package var isAside: Bool
  }

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
  /// From a point to its label, and from the label's middle to its base line.
  private static let (gap, base) = (8.0, 4.0)
  /// Lines that a label may be above or below its point.
  private static let mostLines = 12
  private var taken: [Box]

  package init(points: [(x: Double, y: Double)]) {
    taken = points.map { Box(x: $0.x - 5, y: $0.y - 5, width: 10, height: 10) }
  }

  /// What the line to a label that stands aside runs through, in the measure of `overlap`.
  private func crossed(by label: Label, from point: (x: Double, y: Double)) -> Double {
    guard label.isAside else { return 0 }
    let steps = 12
    // The first steps lie within the point itself.
    let crossings = (steps / 3...steps).count { step in
      let share = Double(step) / Double(steps)
      let (x, y) = (point.x + share * (label.x - point.x), point.y + share * (label.y - Self.base - point.y))
      return taken.contains { $0.overlap(Box(x: x - 0.5, y: y - 0.5, width: 1, height: 1)) > 0 }
    }
    return Double(crossings) * Self.line
  }

  /// The nearest place of least overlap.
  package mutating func place(_ text: String, at point: (x: Double, y: Double)) -> Label {
    let width = Double(text.count) * Self.letter
    let lines = [0] + (1...Self.mostLines).flatMap { [-$0, $0] }
    let labels = lines.flatMap { line in
      [(Self.gap, "start"), (-Self.gap, "end")].map { gap, anchor in
        Label(
          x: point.x + gap, y: point.y + Self.base + Double(line) * Self.line, anchor: anchor, isAside: abs(line) > 1)
      }
    }
    func box(_ label: Label) -> Box {
      Box(
        x: label.anchor == "end" ? label.x - width : label.x, y: label.y + Self.base - 1 - Self.line, width: width,
        height: Self.line)
    }
    let costs = labels.map { label in
      let box = box(label)
      return taken.reduce(PlotFrame.plot.contains(box.x...box.x + width, box.y...box.y + Self.line) ? 0 : 1e4) {
        $0 + $1.overlap(box)
      } + crossed(by: label, from: point)
    }
    let best = labels[costs.indices.min { costs[$0] < costs[$1] } ?? 0]
    taken.append(box(best))
    return best
  }
}
