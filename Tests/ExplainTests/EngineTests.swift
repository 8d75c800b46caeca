import Explain
import Glibc
import Kernels
import Testing

/// The bundled model through the engine: what needs no PyTorch to be right.
@Suite struct EngineTests {
  private func input() throws -> ([Float], Model) {
    let model = try Model(path: Fixtures.bundledModel)
    let photo = try Image(decoding: Fixture.bytes("photos/espresso.jpg"))
    var input = [Float](repeating: 0, count: model.description.graph.inputShape.count)
    let preprocessing = model.description.preprocessing
    preprocessing.normalize(preprocessing.crop(photo).image, into: &input)
    return (input, model)
  }

  @Test func fusionAndSharedMemoryChangeNothing() throws {
    let (input, model) = try input()
    let session = Session(model: model)
    let logits = try session.classify(input)
    // Asking for every node forbids all fusion and all sharing of memory.
    let nodes = model.description.graph.nodes.map(\.name)
    let all = try session.features(input, nodes: nodes)
    let unfused = try #require(all[model.description.graph.output])
    #expect(relativeError(logits, unfused) < 1e-5)
    #expect(all.values.allSatisfy { $0.allSatisfy(\.isFinite) })
  }

  @Test func explainsInOnePassWhatItClassifies() throws {
    let (input, model) = try input()
    let session = Session(model: model)
    let logits = try session.classify(input)
    let explanation = try session.explain(input) { [topClass($0) ?? -1, 0] }
    #expect(explanation.logits == logits)
    #expect(explanation.maps.map(\.classIndex) == [topClass(logits), 0])
    #expect(explanation.maps.allSatisfy { $0.height == 28 && $0.width == 28 && $0.values.count == 784 })
    #expect(abs(session.probabilities(logits).reduce(0, +) - 1) < 1e-5)
    // Again, and the same: nothing is left over from the first time.
    #expect(try session.explain(input) { [topClass($0) ?? -1, 0] }.maps == explanation.maps)
  }

  @Test func threadsDoNotChangeABitAndTiersAgree() throws {
    let (input, model) = try input()
    let best = try Session(model: model, threads: 1).classify(input)
    for threads in 2...16 { #expect(try Session(model: model, threads: threads).classify(input) == best, "\(threads)") }
    let ranking = largest(5, of: best)
    for tier in CPUTier.available where tier != .reference {
      let logits = try Session(model: model, tier: tier, threads: 1).classify(input)
      #expect(try Session(model: model, tier: tier, threads: 5).classify(input) == logits, "\(tier)")
      #expect(correlation(logits, best) > 0.9995 && largest(5, of: logits) == ranking, "\(tier)")
    }
  }
}
