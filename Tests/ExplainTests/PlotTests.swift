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

  @Test func labelsOfOnePlaceDoNotCoverOneAnother() {
    let points = [(x: 200.0, y: 150.0), (x: 200.0, y: 150.0), (x: 203.0, y: 151.0), (x: 410.0, y: 100.0)]
    var labels = LabelPlacement(points: points)
    let places = points.map { labels.place("gradcam++", at: $0) }
    #expect(places[3].anchor == "end")
    for i in 0..<3 {
      for j in i + 1..<3 {
        #expect(places[i].anchor != places[j].anchor || abs(places[i].y - places[j].y) > 11, "\(i), \(j)")
      }
    }
  }
}
