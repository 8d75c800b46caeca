/// A picture of how a training went: the terms of the loss over the steps, and average drop and increase where they were
/// measured.
public struct TrainingCurves {
  private struct Curve {
    var name: String
    var ink: Ink
    /// Step and value.
    var points: [(x: Double, y: Double)]
  }

  private static let size = (width: 880, height: 300)
  private static let margin = 40
  /// Pixels of an em, with which capitals are whole pixels high.
  private static let textSize = 8 / OutlineFont.capHeight
  private static let titleSize = 11 / OutlineFont.capHeight
  private static let inks = [Ink(31, 119, 180), Ink(214, 39, 40), Ink(44, 160, 44), Ink(148, 103, 189)]
  private static let black = Ink(40, 40, 40)
  private static let gray = Ink(205, 205, 205)
  /// Points that a curve of the loss is averaged down to.
  private static let resolution = 200

  private let history: TrainingHistory
  private let steps: Int

  /// - Parameter steps: of the whole training, which the pictures are as wide as.
  public init(_ history: TrainingHistory, steps: Int) { (self.history, self.steps) = (history, steps) }

  public func picture() -> Image {
    let isOfOrder = history.steps.contains { $0.loss.keeping > 0 }
    let terms =
      isOfOrder
      ? [curve("keeping") { $0.keeping }, curve("removal") { $0.removal }]
      : [
        curve("cross-entropy") { $0.crossEntropy }, curve("area") { $0.area },
        curve("variation / 100") { $0.variation / 100 },
      ]
    let loss = panel(
      "loss: " + (["total"] + terms.map(\.name)).joined(separator: ", "), [curve("total") { $0.total }] + terms)
    let drops = panel("average drop (%) at 100, 50, 15 % of the pixels", validation { $0.averageDrop })
    let increases = panel("increase in confidence (%) at 100, 50, 15 % of the pixels", validation { $0.increase })
    let panels = history.validations.isEmpty ? [loss] : [loss, drops, increases]
    var picture = Image(
      width: Self.size.width, height: Self.size.height * panels.count, filledWith: Ink(255, 255, 255))
    for (index, panel) in panels.enumerated() { picture.place(panel, x: 0, y: index * Self.size.height) }
    return picture
  }

  private func curve(_ name: String, _ value: (LossTerms) -> Double) -> Curve {
    let bucket = max(1, history.steps.count / Self.resolution)
    let points = stride(from: 0, to: history.steps.count, by: bucket).map { first in
      let part = history.steps[first..<min(history.steps.count, first + bucket)]
      let mean = part.reduce(0.0) { $0 + value($1.loss) } / Double(part.count)
      return (x: Double(part[first].step) + Double(part.count) / 2, y: mean)
    }
    return Curve(name: name, ink: Self.black, points: points)
  }

  private func validation(_ values: (TrainingHistory.Validation) -> [Double]) -> [Curve] {
    KeptShare.allCases.enumerated().map { index, share in
      Curve(
        name: "\(share.rawValue) %", ink: Self.black,
        points: history.validations.map { (x: Double($0.step), y: values($0)[index]) })
    }
  }

  private func panel(_ title: String, _ curves: [Curve]) -> Image {
    let (width, height) = Self.size
    let margin = Self.margin
    var image = Image(width: width, height: height, filledWith: Ink(255, 255, 255))
    let largest = curves.flatMap(\.points).map(\.y).filter(\.isFinite).max() ?? 1
    let top = largest > 0 ? largest : 1
    func place(_ x: Double, _ y: Double) -> (x: Double, y: Double) {
      (
        Double(margin) + x / Double(max(1, steps)) * Double(width - 2 * margin),
        Double(height - margin) - y / top * Double(height - 2 * margin)
      )
    }
    for line in 0...4 {
      let value = top * Double(line) / 4
      let y = place(0, value).y
      image.draw(from: (Double(margin), y), to: (Double(width - margin), y), ink: Self.gray)
      image.write(Self.number(value), x: 4, baseline: y.rounded() + 4, size: Self.textSize, ink: Self.black)
    }
    image.write(title, x: Double(margin), baseline: 22, size: Self.titleSize, ink: Self.black)
    let last = "step \(steps)"
    let lastWidth = OutlineFont.shared.width(last) * Self.textSize
    image.write(
      last, x: Double(width - margin) - lastWidth, baseline: Double(height - 12), size: Self.textSize, ink: Self.black)
    for (index, curve) in curves.enumerated() {
      let ink = Self.inks[index % Self.inks.count]
      image.write(
        curve.name, x: Double(margin + 150 * index), baseline: Double(height - 12), size: Self.textSize, ink: ink)
      for (first, second) in zip(curve.points, curve.points.dropFirst()) {
        image.draw(from: place(first.x, first.y), to: place(second.x, second.y), ink: ink)
      }
    }
    return image
  }

  private static func number(_ value: Double) -> String {
    value >= 10 ? value.fixed(0) : value.fixed(2)
  }
}

extension Image {
  /// A line two pixels wide; what would lie outside is cut off.
  fileprivate mutating func draw(from: (x: Double, y: Double), to: (x: Double, y: Double), ink: Ink) {
    guard from.y.isFinite, to.y.isFinite else { return }
    let count = max(1, Int(max(abs(to.x - from.x), abs(to.y - from.y)).rounded(.up)))
    for i in 0...count {
      let share = Double(i) / Double(count)
      let x = Int(from.x + share * (to.x - from.x))
      let y = Int(from.y + share * (to.y - from.y))
      for (dx, dy) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
        guard (0..<width).contains(x + dx), (0..<height).contains(y + dy) else { continue }
        let pixel = 3 * ((y + dy) * width + x + dx)
        (pixels[pixel], pixels[pixel + 1], pixels[pixel + 2]) = (ink.red, ink.green, ink.blue)
      }
    }
  }
}
