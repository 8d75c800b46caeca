import Kernels
import Testing

@Suite struct ImageOperatorTests {
  static let windows: [WindowGeometry] = [
    (1, 1, 1, 3, 1, 1, 1, 1, 1), (9, 9, 32, 3, 1, 1, 1, 9, 9), (12, 11, 40, 3, 2, 0, 0, 6, 5),
    (15, 14, 20, 5, 1, 2, 2, 15, 14),
    (7, 7, 48, 5, 1, 2, 2, 7, 7), (14, 15, 272, 3, 2, 1, 1, 7, 8), (12, 10, 33, 7, 1, 3, 3, 12, 10),
    (14, 14, 96, 5, 2, 1, 1, 7, 7), (7, 30, 7, 3, 1, 1, 1, 7, 30), (8, 8, 144, 2, 2, 0, 0, 4, 4),
  ].map { height, width, channels, kernel, stride, top, left, outputHeight, outputWidth in
    WindowGeometry(
      height: height, width: width, channels: channels, kernelHeight: kernel, kernelWidth: kernel, stride: stride,
      top: top, left: left, outputHeight: outputHeight, outputWidth: outputWidth)
  }

  /// These windows, and some whose taps are apart: 2, 3 and 2 by 1 pixels; the last sees some of its taps at most.
  private static let depthwiseWindows =
    windows
    + [
      (15, 14, 40, 3, 2, 1, 2, 2), (20, 33, 20, 5, 3, 2, 4, 6), (12, 12, 7, 3, 2, 1, 2, 0), (3, 9, 33, 3, 4, 1, 4, 3),
    ].map { height, width, channels, kernel, dilation, stride, top, left in
      let extent = (kernel - 1) * dilation + 1
      return WindowGeometry(
        height: height, width: width, channels: channels, kernelHeight: kernel, kernelWidth: kernel,
        dilationHeight: dilation, dilationWidth: channels == 7 ? 1 : dilation, stride: stride, top: top, left: left,
        outputHeight: (height + 2 * top - extent) / stride + 1, outputWidth: (width + 2 * left - extent) / stride + 1)
    }

  @Test(arguments: depthwiseWindows.indices, [true, false]) func depthwise(_ index: Int, _ isFloat: Bool) {
    let g = Self.depthwiseWindows[index]
    let padded = PanelLayout.padded(g.channels)
    let taps = g.kernelHeight * g.kernelWidth
    let input = randomFloats(g.height * g.width * g.channels, seed: 1)
    let levels = randomLevels(taps * padded, seed: 2)
    let floats = randomFloats(taps * padded, seed: 3)
    let scale = randomFloats(padded, in: 0.001...0.01, seed: 4)
    let bias = randomFloats(padded, seed: 5)
    let results = ([referenceContext] + contexts).map { context in
      let output = GuardedOutput(g.outputHeight * g.outputWidth * g.channels)
      levels.withUnsafeBufferPointer { levels in
        floats.withUnsafeBufferPointer { floats in
          scale.withUnsafeBufferPointer { scale in
            bias.withUnsafeBufferPointer { bias in
              let weights = DepthwiseWeights(
                levels: isFloat ? nil : levels.baseAddress, floats: isFloat ? floats.baseAddress : nil,
                scale: isFloat ? nil : scale.baseAddress, bias: bias.baseAddress!)
              input.withUnsafeBufferPointer { input in
                context.depthwise(
                  DepthwisePlan(g, weights: weights, threads: context.pool.threads),
                  input: .floats(input.baseAddress!), clamp: .relu6, output: output.pointer)
              }
            }
          }
        }
      }
      #expect(output.guardsAreIntact)
      return output.values
    }
    for result in results { #expect(largestError(result, results[0]) < 8 * Float.ulpOfOne * Float(taps)) }
    // One output straight from the definition.
    let (y, x, c) = (g.outputHeight / 2, g.outputWidth - 1, g.channels - 1)
    var sum = Double(bias[c])
    for ky in 0..<g.kernelHeight {
      for kx in 0..<g.kernelWidth {
        let sy = y * g.stride - g.top + ky * g.dilationHeight
        let sx = x * g.stride - g.left + kx * g.dilationWidth
        guard sy >= 0, sy < g.height, sx >= 0, sx < g.width else { continue }
        let index = (ky * g.kernelWidth + kx) * padded + c
        let weight = isFloat ? floats[index] : Float(levels[index]) * scale[c]
        sum += Double(weight * input[(sy * g.width + sx) * g.channels + c])
      }
    }
    let expected = Float(min(max(sum, 0), 6))
    #expect(abs(results[0][(y * g.outputWidth + x) * g.channels + c] - expected) < 1e-5)
  }

  @Test(arguments: windows) func maxPool(_ g: WindowGeometry) {
    let input = randomFloats(g.height * g.width * g.channels, in: -3...(-1), seed: 6)
    let results = ([referenceContext] + contexts).map { context in
      let output = GuardedOutput(g.outputHeight * g.outputWidth * g.channels)
      context.maxPool(g, input: input, output: output.pointer)
      #expect(output.guardsAreIntact)
      return output.values
    }
    for result in results { #expect(result == results[0]) }
    #expect(results[0].allSatisfy { $0 >= -3 && $0 <= -1 })
  }

  @Test(arguments: [(1, 1), (49, 1280), (3, 17), (784, 70)]) func globalAveragePool(_ pixels: Int, _ channels: Int) {
    let input = randomFloats(pixels * channels, seed: 7)
    for context in [referenceContext] + contexts {
      let output = GuardedOutput(channels)
      context.globalAveragePool(input, pixels: pixels, channels: channels, output: output.pointer)
      #expect(output.guardsAreIntact)
      for c in 0..<channels {
        let mean = (0..<pixels).reduce(0.0) { $0 + Double(input[$1 * channels + c]) } / Double(pixels)
        #expect(abs(output.values[c] - Float(mean)) < 1e-5)
      }
    }
  }

  @Test(arguments: [(7, 7, 28, 28), (14, 14, 28, 28), (28, 28, 28, 28), (1, 1, 5, 3), (3, 4, 224, 224)])
  func bilinear(_ height: Int, _ width: Int, _ outputHeight: Int, _ outputWidth: Int) {
    let input = randomFloats(height * width, seed: 8)
    let results = ([referenceContext] + contexts).map { context in
      let output = GuardedOutput(outputHeight * outputWidth)
      for accumulate in [false, true] {
        context.bilinear(
          input, height: height, width: width, output: output.pointer, outputHeight: outputHeight,
          outputWidth: outputWidth, accumulate: accumulate)
      }
      #expect(output.guardsAreIntact)
      return output.values
    }
    for result in results { #expect(largestError(result, results[0]) < 1e-5) }
    if (height, width) == (outputHeight, outputWidth) { #expect(largestError(results[0], input.map { 2 * $0 }) < 1e-6) }
  }

  @Test func bilinearKnowsHalfPixelCentres() {
    // Two pixels become four: torch.nn.functional.interpolate([0, 4], 4) = 0, 1, 3, 4.
    for context in [referenceContext] + contexts {
      let output = GuardedOutput(4)
      context.bilinear([0, 4], height: 1, width: 2, output: output.pointer, outputHeight: 1, outputWidth: 4)
      #expect(output.values == [0, 1, 3, 4])
    }
  }
}
