import Explain
import Kernels
import Testing

/// The bundled model on one photograph against what x86's AVX-512 VNNI computed: integer sums are exact everywhere, and
/// every Float operation on them up to the logits is rounded in the same order.
@Suite struct ArchitectureTests {
  @Test(.enabled(if: !tiers.isEmpty, "this CPU has none of these instruction sets"), arguments: tiers)
  func resultsAreThoseOfAVX512(_ tier: CPUTier) throws {
    let folder = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
    let expected = try GoldenFile(path: "/\(folder)/Fixtures/results/espresso.safetensors")
    let model = try Model(path: Fixtures.bundledModel)
    let preprocessing = model.description.preprocessing
    let crop = preprocessing.crop(try Image(decoding: Fixture.bytes("photos/espresso.jpg"))).image
    var input = [Float](repeating: 0, count: crop.pixels.count)
    preprocessing.normalize(crop, into: &input)
    let explanation = try Session(model: model, tier: tier).explain(input) { [topClass($0) ?? -1] }
    #expect(explanation.logits == expected.f32("logits"))
    let map = try #require(explanation.maps.first)
    #expect(map.classIndex == 967)
    // Sums over channels are taken in another order.
    #expect(relativeError(map.values, expected.f32("map")) < 1e-6)
  }
}

/// Those with eight-bit activations.
private let tiers = CPUTier.available.filter { $0 >= .avxvnni }
