import Kernels
import Testing

@testable import Explain

/// Preprocessing that is named by its library.
@Suite struct PresetTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func imported(_ change: (inout ImportOptions) -> Void) throws -> Model {
    var options = ImportOptions()
    change(&options)
    _ = try importModel(from: ONNXNetwork.path("silu"), to: folder.file("m"), options: options)
    return try Model(path: folder.file("m"))
  }

  /// The side of the input is 32.
  @Test(
    arguments: [
      (.torchvision, .crop, 36, .bilinear, true, .rgb, 0.485, 0.229),
      (.timm, .crop, 36, .bicubic, true, .rgb, 0.485, 0.229),
      (.tensorflow, .squash, 32, .bilinear, false, .rgb, 0.5, 0.5),
      (.caffe, .squash, 32, .bilinear, false, .bgr, 0.48501962, 0.003921569),
      (.yolo, .crop, 32, .bilinear, true, .rgb, 0, 1),
      (.clip, .crop, 32, .bicubic, true, .rgb, 0.48145466, 0.26862954),
    ] as [(PreprocessingPreset, Fit, Int, Interpolation, Bool, ColorOrder, Float, Float)])
  func everyPresetIsStored(
    _ preset: PreprocessingPreset, _ fit: Fit, _ resize: Int, _ interpolation: Interpolation, _ antialias: Bool,
    _ color: ColorOrder, _ mean: Float, _ std: Float
  ) throws {
    let found = try imported { $0.preset = preset }.description.preprocessing
    #expect(found.fit == fit && found.resize == resize && found.crop == 32)
    #expect(found.interpolation == interpolation && found.antialias == antialias && found.color == color)
    #expect(abs(found.mean[0] - mean) < 1e-6 && abs(found.std[0] - std) < 1e-6)
    #expect(found.fill == (preset == .yolo ? [114, 114, 114] : nil))
  }

  /// Red is subtracted from red, wherever the network reads it.
  @Test func caffeSubtractsTheMeanOfEachColour() throws {
    let rule = try imported { $0.preset = .caffe }.description.preprocessing
    var values: [Float] = [0, 0, 0]
    rule.normalize(Image(width: 1, height: 1, pixels: [200, 100, 50]), into: &values)
    for (value, expected) in zip(values, [50 - 103.939, 100 - 116.779, 200 - 123.68] as [Float]) {
      #expect(abs(value - expected) < 1e-3)
    }
  }

  @Test func optionsGoBeforeThePreset() throws {
    let rule = try imported {
      ($0.preset, $0.fit, $0.resize, $0.antialias) = (.caffe, .letterbox, 40, true)
      ($0.color, $0.mean, $0.std, $0.fill) = (.rgb, [0.1, 0.2, 0.3], [0.5], [7, 8, 9])
    }.description.preprocessing
    var expected = Preprocessing(
      resize: 40, crop: 32, interpolation: .bilinear, mean: [0.1, 0.2, 0.3], std: [0.5, 0.5, 0.5], fit: .letterbox)
    expected.fill = [7, 8, 9]
    #expect(rule == expected)
  }

  /// Weights say how they were trained, and the preset knows better, even where the metadata is malformed.
  @Test func thePresetGoesBeforeMetadata() throws {
    var weights = SyntheticWeights.resNet18(classes: 3)
    weights.metadata = ["mean": "grey", "interpolation": "bicubic", "input_size": "192"]
    try weights.writeZeros(folder.file("w"))
    var options = ImportOptions()
    options.preset = .yolo
    let rule = try importModel(from: folder.file("w"), to: folder.file("m"), options: options).description.preprocessing
    var expected = Preprocessing(
      resize: 192, crop: 192, interpolation: .bilinear, mean: [0, 0, 0], std: [1, 1, 1])
    expected.fill = [114, 114, 114]
    #expect(rule == expected)
  }

  /// The first layer of an int8 model reads pixels: it turns values back into those that they were made of.
  @Test(arguments: [ColorOrder.rgb, .bgr]) func bothPrecisionsReadTheSameColours(_ color: ColorOrder) throws {
    let photo = Image(width: 32, height: 32, pixels: noise(3 * 32 * 32))
    var logits: [[Float]] = []
    for precision in Precision.allCases {
      let model = try imported {
        ($0.precision, $0.color, $0.mean, $0.std) = (precision, color, [0.2, 0.5, 0.8], [0.1, 0.3, 0.6])
      }
      let input = MethodInput(photo, model.description.preprocessing)
      logits.append(try Session(model: model, threads: 1).classify(input.values))
    }
    #expect(LogitComparison(logits[0], logits[1]).cosine > 0.999)
  }

  /// Masks of ones show the whole picture.
  @Test(arguments: [ColorOrder.rgb, .bgr]) func masksKeepTheOrderOfColours(_ color: ColorOrder) {
    var rule = Preprocessing(
      resize: 4, crop: 4, interpolation: .bilinear, mean: [0.2, 0.5, 0.8], std: [0.1, 0.3, 0.6])
    rule.color = color
    let photo = Image(width: 4, height: 4, pixels: noise(48))
    let expected = MethodInput(photo, rule).values
    let backdrop = noise(48).map { Float($0) / 64 }
    for fill in MaskFill.allCases {
      let masked = MaskedImage(fill, rule)
      let behind = fill == .blurred ? backdrop : nil
      var values = [Float](repeating: 0, count: 48)
      masked.apply([Float](repeating: 1, count: 16), to: photo.pixels, over: behind, pixels: 16, output: &values)
      #expect(zip(values, expected).allSatisfy { abs($0 - $1) < 1e-5 })
      var gone = values
      masked.apply([Float](repeating: 0, count: 16), to: photo.pixels, over: behind, pixels: 16, output: &gone)
      if let behind { #expect(gone == behind) }
      // The gradient of the sum of all values is what a step of the mask adds.
      var half = values
      masked.apply([Float](repeating: 0.5, count: 16), to: photo.pixels, over: behind, pixels: 16, output: &half)
      var gradient = [Float](repeating: 0, count: 16)
      masked.maskGradient(
        [Float](repeating: 1, count: 48), crop: photo.pixels, over: behind, pixels: 16, output: &gradient)
      for pixel in 0..<16 {
        let step = (0..<3).reduce(Float(0)) { $0 + values[3 * pixel + $1] - half[3 * pixel + $1] }
        #expect(abs(gradient[pixel] - 2 * step) < 1e-4)
      }
    }
  }
}
