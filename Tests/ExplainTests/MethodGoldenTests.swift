import Explain
import Testing

/// Maps of the rivals against pytorch-grad-cam and the oracle's RISE, on two photographs.
@Suite(.enabled(if: Shared.isPresent, "../shared with the golden files is not here"))
struct MethodGoldenTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var weights: String
    var testDescription: String { name }
  }

  static let cases = [
    Case(name: "efficientnet_lite0", weights: "models/efficientnet_lite0.safetensors"),
    Case(name: "resnet50", weights: "models/resnet50.safetensors.xz"),
    Case(name: "vit_tiny_16", weights: "models/vit_tiny_16.safetensors"),
  ]

  private struct Reference {
    let golden: GoldenFile
    let session: Session
    let inputs: [MethodInput]
    let classes: [Int]

    init(_ model: Case, _ precision: Precision) throws {
      golden = try GoldenFile(path: Shared.path("golden/baselines/\(model.name).safetensors"))
      let path = try ImportedModels.path(model.weights, golden: model.name, precision: precision)
      let session = Session(model: try Model(path: path))
      let pixels = try GoldenFile(path: Shared.path("golden/\(model.name)/inference.safetensors")).u8("crops")
      let count = 224 * 224 * 3
      inputs = (0..<2).map { image in
        let crop = Image(width: 224, height: 224, pixels: Array(pixels[image * count..<(image + 1) * count]))
        return MethodInput(crop, session.model.description.preprocessing)
      }
      self.session = session
      classes = golden.ints("k")
    }

    /// Correlations of both images' maps, enlarged, with the stored ones.
    func correlations(_ method: any ExplanationMethod, _ tensor: String) throws -> [Double] {
      let expected = golden.f32(tensor)
      let pixels = 224 * 224
      return try inputs.indices.map { image in
        let map = try method.explain(inputs[image]) { _ in [classes[image]] }.maps[0]
        let saliency = SaliencyMap(map.normalized(), crop: 224)
        return correlation(saliency.values, Array(expected[image * pixels..<(image + 1) * pixels]))
      }
    }
  }

  /// Least correlations: Float differs by rounding, int8 activations by what eight bits lose, or seven on CPUs without an integer
  /// dot product.
  private func least(_ precision: Precision) -> Double {
    precision == .float32 ? 0.999 : Fixtures.hasSevenBits ? 0.96 : 0.99
  }

  @Test(
    arguments: Emulation.affordable(cases, of: "maps of methods") { $0.name == "efficientnet_lite0" },
    Emulation.affordable(Precision.allCases, of: "maps of methods") { $0 == .int8 })
  func mapsEqualPyTorch(_ model: Case, _ precision: Precision) throws {
    let reference = try Reference(model, precision)
    let methods: [(MethodName, String)] = [
      (.gradCAM, "gradcam"), (.gradCAMPlusPlus, "gradcam++"), (.ablationCAM, "ablation"),
    ]
    for (name, tensor) in methods {
      // Tokens have negative values, which lets Grad-CAM++'s denominators change their sign: the smallest error decides.
      if name == .gradCAMPlusPlus, precision == .int8, model.name == "vit_tiny_16" { continue }
      let method = try name.makeMethod(reference.session, MethodOptions())
      let found = try reference.correlations(method, tensor)
      #expect(found.allSatisfy { $0 >= least(precision) }, "\(name.rawValue): \(found)")
    }
  }

  @Test(.disabled(if: Emulation.isActive, Emulation.isTooSlow), arguments: [cases[0], cases[2]], Precision.allCases)
  func scoreCAMEqualsPyTorch(_ model: Case, _ precision: Precision) throws {
    let reference = try Reference(model, precision)
    var calls = 0
    var options = MethodOptions()
    options.progress = { _, _ in calls += 1 }
    let method = try MethodName.scoreCAM.makeMethod(reference.session, options)
    let found = try reference.correlations(method, "scorecam")
    #expect(found.allSatisfy { $0 >= least(precision) }, "\(found)")
    #expect(calls == 2 * (model.name == "vit_tiny_16" ? 192 : 1280))
  }

  @Test(.disabled(if: Emulation.isActive, Emulation.isTooSlow), arguments: cases, Precision.allCases)
  func riseEqualsTheOracle(_ model: Case, _ precision: Precision) throws {
    let reference = try Reference(model, precision)
    let grids = reference.golden.ints("rise.grids").map(Float.init)
    let offsets = reference.golden.ints("rise.offsets")
    func mask(_ index: Int) -> RISEMask {
      RISEMask(
        grid: Array(grids[49 * index..<49 * index + 49]), top: offsets[2 * index], left: offsets[2 * index + 1])
    }
    let samples = reference.golden.f32("rise.mask_samples")
    #expect(relativeError(mask(0).values(crop: 224) + mask(1).values(crop: 224), samples) < 1e-3)
    var options = MethodOptions()
    options.masks = 64
    let method = RISE(reference.session, options, makeMask: mask)
    let found = try reference.correlations(method, "rise")
    #expect(found.allSatisfy { $0 >= least(precision) }, "\(found)")
  }
}
