@testable import Explain
import Testing

/// Maps that are refined on the photograph that they explain.
@Suite struct RefinementTests {
  private let session: Session
  private let crop: Image
  private let input: MethodInput

  init() throws {
    session = Session(model: try Model(path: Fixtures.bundledModel))
    crop = try Fixtures.crop("espresso", session)
    input = MethodInput(crop, session.model.description.preprocessing)
  }

  private func explain(_ choice: MethodChoice, seed: Int = 0, classes: Int = 1) throws -> Explanation {
    var options = MethodOptions()
    options.seed = seed
    return try choice.makeMethod(session, options).explain(input) { largest(classes, of: $0) }
  }

  private func area(_ metric: CausalMetric, _ explanation: Explanation) throws -> Double {
    let map = explanation.maps[0]
    return try session.causalArea(
      metric, of: map.classIndex, under: SaliencyMap(map.normalized(), crop: PixelSize(crop)), crop: crop, steps: 32)
  }

  @Test(arguments: [MethodName.ttame, .cam, .centre])
  func hundredPassesImproveAMap(_ name: MethodName) throws {
    let (start, refined) = (try explain(MethodChoice(name)), try explain(MethodChoice(name, refinedIn: 100)))
    #expect(refined.logits == start.logits)
    func quality(_ explanation: Explanation) throws -> Double {
      try area(.insertion, explanation) - area(.deletion, explanation)
    }
    #expect(try quality(refined) > quality(start) + 0.04)
    #expect(refined.maps[0].values.count == 28 * 28)
  }

  @Test(arguments: [(2, 1), (3, 1), (50, 25), (100, 50), (199, 99), (200, 100)])
  func passesAreNoMoreThanAskedFor(_ passes: Int, _ pairs: Int) throws {
    // A method without passes of its own but the first.
    let explanation = try explain(MethodChoice(.centre, refinedIn: passes))
    #expect(explanation.passes.backward <= pairs && explanation.passes.backward > pairs * 9 / 10)
    #expect(explanation.passes.forward == 1 + explanation.passes.backward)
  }

  @Test func everyClassIsRefined() throws {
    let (start, refined) = (
      try explain(MethodChoice(.ttame), classes: 2), try explain(MethodChoice(.ttame, refinedIn: 8), classes: 2)
    )
    #expect(refined.maps.map(\.classIndex) == start.maps.map(\.classIndex))
    #expect(refined.passes == PassCount(forward: 9, backward: 8))
    #expect(refined.maps[0].values != refined.maps[1].values)
  }

  @Test func theSeedDecides() throws {
    let choice = MethodChoice(.ttame, refinedIn: 8)
    let first = try explain(choice).maps[0].values
    #expect(try explain(choice).maps[0].values == first)
    #expect(try explain(choice, seed: 1).maps[0].values != first)
  }

  @Test func mapsThatSayNothingAreRefinedToo() throws {
    final class Flat: ExplanationMethod {
      let value: Float
      init(_ value: Float) { self.value = value }
      func explain(_ input: MethodInput, classes: ([Float]) -> [Int]) throws(EngineError) -> Explanation {
        let map = ClassMap(classIndex: 967, height: 7, width: 7, values: [Float](repeating: value, count: 49))
        return Explanation(logits: [], maps: [map], forward: .zero, head: .zero, passes: PassCount(forward: 1))
      }
    }
    for value in [Float(0), .nan, .infinity] {
      let map = try Refinement(Flat(value), passes: 8, session, MethodOptions()).explain(input) { _ in [] }.maps[0]
      #expect(map.values.allSatisfy(\.isFinite) && Set(map.values).count > 1)
    }
  }

  @Test(arguments: [
    ("ttame", MethodChoice(.ttame)), ("ttame+100", MethodChoice(.ttame, refinedIn: 100)),
    ("gradcam++", MethodChoice(.gradCAMPlusPlus)), ("gradcam+++20", MethodChoice(.gradCAMPlusPlus, refinedIn: 20)),
  ])
  func namesAreReadAsTheyAreWritten(_ name: String, _ choice: MethodChoice) {
    #expect(MethodChoice(rawValue: name) == choice && choice.rawValue == name)
  }

  @Test(arguments: [
    "", "+", "ttame+", "ttame+1", "ttame+-4", "ttame+1.5", "ttame+20+20", "+20", "gradcam+20x", "ttame 20",
  ])
  func otherNamesAreNone(_ name: String) {
    #expect(MethodChoice(rawValue: name) == nil)
  }
}
