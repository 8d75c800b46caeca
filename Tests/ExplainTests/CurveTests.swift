import Glibc
import Testing

@testable import Explain

/// What a monotone curve on a method's maps changes, and what it does not.
@Suite struct CurveTests {
  private static let curves: [(name: MethodName, curve: @Sendable (Float) -> Float)] = [
    (.ttame, { $0 }), (.cam, { $0.squareRoot() }), (.gradCAM, { $0 * $0 * $0 * $0 }),
    (.rise, { 1 / (1 + expf(12 * (0.4 - $0))) }),
  ]

  private func evaluation() throws -> Evaluation {
    let session = Session(model: try Model(path: Fixtures.bundledModel))
    let crop = try Fixtures.crop("espresso", session)
    let region = CropRegion(x: 0, y: 0, width: 224, height: 224)
    var evaluation = Evaluation(
      session, methods: Self.curves.map { (MethodChoice($0.name), CurvedMap(whole: crop, curve: $0.curve)) },
      metrics: Set(MapMetric.allCases.map(EvaluationMetric.map)), seed: 5, steps: 7)
    for (index, box) in [PixelBox(x0: 60, y0: 40, x1: 170, y1: 150), PixelBox(x0: 5, y0: 100, x1: 90, y1: 220)]
      .enumerated()
    {
      let image = EvaluatedImage(crop: crop, region: region, box: box, index: index)
      let values = MethodInput(crop, session.model.description.preprocessing).values
      _ = try evaluation.measure(image, MethodInput(crop: image.crop, values: values), picture: (224, 224), class: nil)
    }
    return evaluation
  }

  @Test(.disabled(if: Emulation.isActive, Emulation.isTooSlow)) func noFairFigureIsMoved() throws {
    let methods = try evaluation().methods
    for figure in MapFigure.allCases where !figure.isMovedByCurve {
      let first = try #require(methods[0].maps.mean(figure), "\(figure.name) is not measured")
      for method in methods.dropFirst() {
        #expect(method.maps.mean(figure) == first, "\(figure.name) of \(method.method.rawValue)")
        let difference = try #require(method.maps.difference(figure, from: methods[0].maps, seed: 0))
        #expect(difference.mean == 0 && difference.low == 0 && difference.high == 0)
      }
    }
    // A mark that nothing deserves would hide a fair figure. Of two images IC has no step that is small enough to show it.
    for figure in MapFigure.allCases where figure.isMovedByCurve && figure.metric != .ic {
      let means = Set(methods.map { $0.maps.mean(figure) })
      #expect(means.count > 1, "\(figure.name) is marked, and no curve moves it")
    }
  }
}

/// A spot, or another where the image is not the whole one, with noise, ties, and a curve on its values. Every other patch is of
/// hot and cold pixels, so that curves change the order of the patches' sums.
private final class CurvedMap: ExplanationMethod {
  private let whole: Image
  private let curve: (Float) -> Float

  init(whole: Image, curve: @escaping (Float) -> Float) { (self.whole, self.curve) = (whole, curve) }

  func explain(_ input: MethodInput, classes: ([Float]) -> [Int]) throws(EngineError) -> Explanation {
    let (width, height) = (input.crop.width, input.crop.height)
    let centre = input.crop == whole ? (x: 150, y: 110) : (x: 90, y: 100)
    let keys = (0..<width * height).map { place in
      let (dx, dy) = (place % width - centre.x, place / width - centre.y)
      let distance = 3 * (dx * dx + dy * dy) + place * 769 % 20011
      let isMixed = (place % width / (width / 4) + place / width / (height / 4)) % 2 == 1
      return !isMixed ? distance : place % 2 == 0 ? distance / 4 : distance + 50_000
    }
    let order = keys.indices.sorted { (keys[$0], $0) < (keys[$1], $1) }
    var values = [Float](repeating: 0, count: keys.count)
    for (rank, place) in order.enumerated() {
      // Levels so far apart that no curve rounds two of them together.
      values[place] = curve(1 - 0.95 * Float(rank * 4000 / keys.count) / 4000)
    }
    let maps = classes([]).map { ClassMap(classIndex: $0, height: height, width: width, values: values) }
    return Explanation(logits: [], maps: maps, forward: .zero, head: .zero, passes: PassCount(forward: 1))
  }
}
