import Explain
import Foundation
import Testing

@Suite(.disabled(if: Emulation.isRepeated, Emulation.ranBefore)) struct ImportBiasTests {
  /// Against the midpoint rule over twelve deviations.
  @Test(
    arguments: [(0.0, 1.0), (3.0, 0.5), (-2.0, 1.0), (5.9, 2.0), (40.0, 3.0), (-40.0, 3.0), (2.0, 0.0), (-2.0, 0.0)],
    [6, Double.infinity])
  func clipsANormalDistribution(_ x: (mean: Double, deviation: Double), _ upper: Double) {
    let steps = 200_000
    var (weight, mean, square) = (0.0, 0.0, 0.0)
    for step in 0..<steps {
      let z = (Double(step) + 0.5) / Double(steps) * 24 - 12
      let density = exp(-z * z / 2)
      let value = min(max(x.mean + x.deviation * z, 0), upper)
      weight += density
      mean += density * value
      square += density * value * value
    }
    mean /= weight
    let result = clippedNormalMoments(mean: x.mean, deviation: x.deviation, upper: upper)
    #expect(abs(result.mean - mean) < 1e-6)
    #expect(abs(result.deviation - max(square / weight - mean * mean, 0).squareRoot()) < 1e-4)
  }

  /// The bias of a depthwise layer takes up what its codes lose for the mean that BatchNorm and ReLU6 give its input.
  @Test(.enabled(if: Shared.has("models/efficientnet_lite0.safetensors"), "needs ../shared"))
  func correctsBiases() throws {
    let folder = try TemporaryFolder()
    let path = Shared.path("models/efficientnet_lite0.safetensors")
    var options = ImportOptions()
    _ = try importModel(from: path, to: folder.file("i"), options: options)
    options.precision = .float32
    _ = try importModel(from: path, to: folder.file("f"), options: options)
    let (int8, float) = (try Model(path: folder.file("i")), try Model(path: folder.file("f")))
    let source = try Safetensors(path: path)
    let means = try source.floats("blocks.1.0.bn1.bias")
    let deviations = try source.floats("blocks.1.0.bn1.weight")
    var largest: Float = 0
    for n in means.indices {
      let expected = clippedNormalMoments(
        mean: Double(means[n]), deviation: Double(deviations[n].magnitude), upper: 6
      ).mean
      let lost = (0..<9).reduce(0.0) { sum, tap in
        let index = tap * means.count + n
        let value = int8.floats("blocks.1.0.conv_dw.scale")[n] * Float(int8.int8("blocks.1.0.conv_dw.weight")[index])
        return sum + Double(float.floats("blocks.1.0.conv_dw.weight")[index] - value)
      }
      let correction = int8.floats("blocks.1.0.conv_dw.bias")[n] - float.floats("blocks.1.0.conv_dw.bias")[n]
      #expect(abs(Double(correction) - lost * expected) < 1e-4)
      largest = max(largest, correction.magnitude)
    }
    #expect(largest > 1e-3)
  }

  /// ResNet-50's file holds BatchNorm folded into weight and bias: nothing to learn about the data.
  @Test(
    .enabled(if: Shared.has("models/resnet50.safetensors.xz"), "needs ../shared"),
    .disabled(if: Emulation.isActive, Emulation.isTooSlow))
  func leavesBiasesWhereStatisticsWereFolded() throws {
    let folder = try TemporaryFolder()
    var options = ImportOptions()
    _ = try importModel(from: try UnpackedResNet50.path(), to: folder.file("i"), options: options)
    options.precision = .float32
    _ = try importModel(from: try UnpackedResNet50.path(), to: folder.file("f"), options: options)
    let (int8, float) = (try Model(path: folder.file("i")), try Model(path: folder.file("f")))
    for (name, count) in [("layer1.0.conv2.bias", 64), ("layer4.2.conv3.bias", 2048), ("fc.bias", 1000)] {
      #expect((0..<count).allSatisfy { int8.floats(name)[$0] == float.floats(name)[$0] })
    }
  }
}
