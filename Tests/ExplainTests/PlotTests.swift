import Explain
import Testing

@Suite struct PlotTests {
  @Test func linearAxesEndOnRoundSteps() {
    let axis = PlotAxis("AD", covering: [17.3, 88])
    #expect(axis.ticks == [0, 20, 40, 60, 80, 100] && axis.range == 0...100)
    #expect(axis.position(0) == 0 && axis.position(50) == 0.5 && axis.position(100) == 1)
    #expect(PlotAxis("", covering: [-12, 31]).ticks == [-20, -10, 0, 10, 20, 30, 40])
    let same = PlotAxis("", covering: [0.25, 0.25])
    #expect(same.range.lowerBound <= 0.25 && 0.25 <= same.range.upperBound && same.ticks.count > 1)
    #expect(PlotAxis("", covering: []).range == 0...1)
  }

  @Test func logarithmicAxesMarkPowers() {
    let wide = PlotAxis("ms", logarithmicCovering: [5, 9000])
    #expect(wide.ticks.map(PlotAxis.label) == ["10", "100", "1000", "10000"])
    #expect(abs(wide.position(100) - wide.position(10) - (wide.position(1000) - wide.position(100))) < 1e-12)
    #expect(wide.position(5) > 0 && wide.position(9000) < 1)
    let narrow = PlotAxis("ms", logarithmicCovering: [7, 7])
    #expect(!narrow.ticks.isEmpty && abs(narrow.position(7) - 0.5) < 1e-12)
  }

  /// As many methods as there are, most of them of one pass and so of one time.
  @Test func labelsDoNotCoverOneAnother() {
    let names = MethodName.allCases.map(\.rawValue)
    let points = names.indices.map { index in
      (x: index < 9 ? 80 + Double(index % 3) : 300, y: 40 + Double(index * 37 % 12) * 3)
    }
    var labels = LabelPlacement(points: points)
    let boxes = zip(names, points).map { name, point in
      let label = labels.place(name, at: point)
      let width = 6.6 * Double(name.count)
      #expect(label.isAside == (abs(label.y - 4 - point.y) > 14))
      return (x: label.anchor == "end" ? label.x - width : label.x, y: label.y - 9, width: width)
    }
    for (i, box) in boxes.enumerated() {
      #expect(box.x >= 50 && box.x + box.width <= 406 && box.y >= 12 && box.y + 13 <= 254, "\(names[i]) \(box)")
      for (j, other) in boxes.enumerated() where j > i {
        let columns = min(box.x + box.width, other.x + other.width) - max(box.x, other.x)
        #expect(columns <= 0 || abs(box.y - other.y) > 11, "\(names[i]) \(box), \(names[j]) \(other)")
      }
      for point in points {
        let isInside = (box.x...box.x + box.width).contains(point.x) && (box.y...box.y + 13).contains(point.y)
        #expect(!isInside, "\(names[i]) \(box), \(point)")
      }
    }
  }

  @Test func labelsStandBesideTheirPointsWhereThereIsRoom() {
    var labels = LabelPlacement(points: [(100, 100), (400, 100)])
    let (left, right) = (labels.place("rise", at: (100, 100)), labels.place("rise", at: (400, 100)))
    #expect(left.anchor == "start" && left.x == 108 && left.y == 104 && !left.isAside)
    #expect(right.anchor == "end" && right.x == 392 && !right.isAside)
  }
}
