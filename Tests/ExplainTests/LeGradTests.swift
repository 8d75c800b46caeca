import FoundationEssentials
import Testing

@testable import Explain

/// LeGrad against autograd through the attention matrices in PyTorch: `Tools/golden-legrad.py`.
@Suite(.enabled(if: Shared.isPresent, "../shared with the golden files is not here"))
struct LeGradTests {
  private struct Expected: Decodable {
    let `class`: Int
    let map: [Float]
  }

  private static let side = 224

  private func expected() throws -> [Expected] {
    try JSONDecoder().decode(
      [Expected].self, from: Data(fileBytes("\(Fixtures.package)/Tests/Fixtures/results/legrad.json")))
  }

  private func session(_ precision: Precision) throws -> Session {
    let path = try ImportedModels.path("models/vit_tiny_16.safetensors", golden: "vit_tiny_16", precision: precision)
    return Session(model: try Model(path: path))
  }

  @Test(arguments: Precision.allCases)
  func mapsEqualPyTorch(_ precision: Precision) throws {
    let session = try session(precision)
    let method = try MethodName.leGrad.makeMethod(session, MethodOptions())
    let pixels = try GoldenFile(path: Shared.path("golden/vit_tiny_16/inference.safetensors")).u8("crops")
    let count = Self.side * Self.side * 3
    for (image, expected) in try expected().enumerated() {
      let crop = Image(
        width: Self.side, height: Self.side, pixels: Array(pixels[image * count..<(image + 1) * count]))
      let input = MethodInput(crop, session.model.description.preprocessing)
      let result = try method.explain(input) { largest(1, of: $0) }
      let map = result.maps[0]
      #expect(map.classIndex == expected.class && map.height == 14 && map.width == 14)
      #expect(result.passes == PassCount(forward: 1, tail: 12, backward: 12))
      if precision == .float32 {
        #expect(relativeError(map.values, expected.map) < 1e-3)
      } else {
        #expect(correlation(map.values, expected.map) > 0.99)
      }
    }
  }

  @Test func mapsDifferByClassAndNotByCompany() throws {
    let session = try session(.float32)
    let method = try MethodName.leGrad.makeMethod(session, MethodOptions())
    let input = MethodInput(try Fixtures.crop("cat", session), session.model.description.preprocessing)
    let both = try method.explain(input) { _ in [281, 967] }.maps
    #expect(both[0].values != both[1].values)
    #expect(try method.explain(input) { _ in [967] }.maps[0] == both[1])
  }
}
