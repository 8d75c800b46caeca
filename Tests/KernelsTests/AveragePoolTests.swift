import Kernels
import Testing

@Suite struct AveragePoolTests {
  private static let images = 2

  /// A window's pixels in the image, and what their sum is divided by.
  private func window(
    _ g: WindowGeometry, _ countsPadding: Bool, _ y: Int, _ x: Int
  ) -> (pixels: [Int], divisor: Double) {
    var pixels: [Int] = []
    for sourceY in y * g.stride - g.top..<y * g.stride - g.top + g.kernelHeight where 0..<g.height ~= sourceY {
      for sourceX in x * g.stride - g.left..<x * g.stride - g.left + g.kernelWidth where 0..<g.width ~= sourceX {
        pixels.append(sourceY * g.width + sourceX)
      }
    }
    return (pixels, Double(countsPadding ? g.kernelHeight * g.kernelWidth : pixels.count))
  }

  @Test(arguments: ImageOperatorTests.windows, [true, false])
  func isTheMean(_ g: WindowGeometry, _ countsPadding: Bool) {
    let input = randomFloats(g.height * g.width * g.channels, in: -3...(-1), seed: 1)
    var expected: [Float] = []
    for (y, x) in (0..<g.outputHeight * g.outputWidth).map({ ($0 / g.outputWidth, $0 % g.outputWidth) }) {
      let (pixels, divisor) = window(g, countsPadding, y, x)
      for c in 0..<g.channels {
        expected.append(Float(pixels.reduce(0.0) { $0 + Double(input[$1 * g.channels + c]) } / divisor))
      }
    }
    for context in [referenceContext] + contexts {
      let output = GuardedOutput(expected.count)
      context.averagePool(g, countsPadding: countsPadding, input: input, output: output.pointer)
      #expect(output.guardsAreIntact)
      #expect(largestError(output.values, expected) < 1e-6, "\(context.kernels.tier)")
    }
  }

  @Test(arguments: ImageOperatorTests.windows, [true, false])
  func gradientIsTheTranspose(_ g: WindowGeometry, _ countsPadding: Bool) {
    let (inputCount, outputCount) = (g.height * g.width * g.channels, g.outputHeight * g.outputWidth * g.channels)
    let gradient = randomFloats(Self.images * outputCount, seed: 2)
    var expected = [Double](repeating: 0, count: Self.images * inputCount)
    for (i, value) in gradient.enumerated() {
      let (image, o, c) = (i / outputCount, i % outputCount / g.channels, i % g.channels)
      let (pixels, divisor) = window(g, countsPadding, o / g.outputWidth, o % g.outputWidth)
      for pixel in pixels { expected[image * inputCount + pixel * g.channels + c] += Double(value) / divisor }
    }
    for context in [referenceContext] + contexts {
      let result = GuardedOutput(expected.count)
      context.averagePoolGradient(
        images: Self.images, g, countsPadding: countsPadding, gradient: gradient, result: result.pointer)
      #expect(result.guardsAreIntact)
      #expect(largestError(result.values, expected.map(Float.init)) < 1e-6, "\(context.kernels.tier)")
    }
  }
}
