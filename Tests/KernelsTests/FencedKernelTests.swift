import Kernels
import Testing

/// No kernel touches memory outside its operands: each lies between two pages that fault. Sizes are off the widths of
/// vectors and tiles, where a kernel would.
@Suite struct FencedKernelTests {
  /// Runs `body` for every tier and both sides, and takes the memory away afterwards.
  private func onEveryTier(_ body: (ExecutionContext, Fence) -> Void) {
    for side in Fence.Side.allCases {
      for context in [referenceContext] + contexts {
        let fence = Fence(side)
        body(context, fence)
        fence.remove()
      }
    }
  }

  private func floats(_ fence: Fence, _ count: Int, seed: UInt64 = 1) -> UnsafeMutablePointer<Float> {
    fence.copy(randomFloats(count, seed: seed))
  }

  private func isWritten(_ output: UnsafeMutablePointer<Float>, _ count: Int) -> Bool {
    (0..<count).allSatisfy { !output[$0].isNaN }
  }

  private func output(_ fence: Fence, _ count: Int) -> UnsafeMutablePointer<Float> {
    fence.allocate(4 * count).assumingMemoryBound(to: Float.self)
  }

  @Test(arguments: ConvolutionCase.all, [true, false]) func convolution(_ shape: ConvolutionCase, _ isFloat: Bool) {
    let data = ConvolutionData(shape)
    onEveryTier { context, fence in
      let output = data.run(context, isFloat: isFloat, in: fence)
      #expect(output.allSatisfy { !$0.isNaN }, "\(context.kernels.tier)")
    }
  }

  @Test(arguments: ImageOperatorTests.windows, [true, false]) func depthwise(_ g: WindowGeometry, _ isFloat: Bool) {
    let (padded, taps) = (PanelLayout.padded(g.channels), g.kernelHeight * g.kernelWidth)
    let outputs = g.outputHeight * g.outputWidth * g.channels
    onEveryTier { context, fence in
      let weights = DepthwiseWeights(
        levels: isFloat ? nil : UnsafePointer(fence.copy(randomLevels(taps * padded, seed: 2))),
        floats: isFloat ? UnsafePointer(floats(fence, taps * padded)) : nil,
        scale: isFloat ? nil : UnsafePointer(floats(fence, padded)), bias: floats(fence, padded))
      let output = output(fence, outputs)
      context.depthwise(
        g, input: floats(fence, g.height * g.width * g.channels), weights: weights, clamp: .relu6, output: output)
      #expect(isWritten(output, outputs))
    }
  }

  @Test(arguments: ImageOperatorTests.windows) func pooling(_ g: WindowGeometry) {
    let outputs = g.outputHeight * g.outputWidth * g.channels
    onEveryTier { context, fence in
      let input = floats(fence, g.height * g.width * g.channels)
      let (largest, mean) = (output(fence, outputs), output(fence, g.channels))
      context.maxPool(g, input: input, output: largest)
      context.globalAveragePool(input, pixels: g.height * g.width, channels: g.channels, output: mean)
      #expect(isWritten(largest, outputs) && isWritten(mean, g.channels))
    }
  }

  @Test(arguments: [1, 3, 15, 16, 17, 31, 33, 63, 65, 1001]) func elementwise(_ count: Int) {
    onEveryTier { context, fence in
      let (a, b) = (floats(fence, count), floats(fence, count, seed: 2))
      let (sum, gelu, dots) = (output(fence, count), output(fence, count), output(fence, 2))
      context.add(a, b, clamp: .relu, output: sum, count: count)
      context.gelu(a, output: gelu, count: count)
      context.project(floats(fence, 2 * count), pixels: 2, channels: count, row: b, output: dots)
      context.softmax(a, count: count)
      #expect(isWritten(sum, count) && isWritten(gelu, count) && isWritten(dots, 2) && isWritten(a, count))
    }
  }

  @Test(arguments: [(7, 7, 28, 28), (1, 1, 5, 3), (3, 5, 17, 33)])
  func bilinear(_ height: Int, _ width: Int, _ outputHeight: Int, _ outputWidth: Int) {
    onEveryTier { context, fence in
      let result = output(fence, outputHeight * outputWidth)
      context.bilinear(
        floats(fence, height * width), height: height, width: width, output: result, outputHeight: outputHeight,
        outputWidth: outputWidth, accumulate: false)
      #expect(isWritten(result, outputHeight * outputWidth))
    }
  }

  @Test(arguments: [(1, 16, 1), (5, 12, 3), (17, 48, 3), (50, 128, 2)])
  func tokens(_ tokens: Int, _ channels: Int, _ heads: Int) {
    let plan = AttentionPlan(tokens: tokens, channels: channels, heads: heads)
    onEveryTier { context, fence in
      let normalized = output(fence, tokens * channels)
      context.layerNorm(
        floats(fence, tokens * channels), rows: tokens, channels: channels, epsilon: 1e-6,
        weight: floats(fence, channels), bias: floats(fence, channels), output: normalized)
      let attended = output(fence, tokens * channels)
      context.attention(
        plan, qkv: floats(fence, 3 * tokens * channels), scratch: output(fence, plan.scratchFloats), output: attended)
      let embedded = output(fence, tokens * channels)
      context.embedTokens(
        floats(fence, (tokens - 1) * channels), pixels: tokens - 1, channels: channels,
        classToken: floats(fence, channels), positions: floats(fence, tokens * channels), output: embedded)
      for result in [normalized, attended, embedded] { #expect(isWritten(result, tokens * channels)) }
    }
  }

  @Test(arguments: QuantizeTests.Form.all) func quantization(_ form: QuantizeTests.Form) {
    let form = form.form
    onEveryTier { context, fence in
      let levels = fence.allocate(form.byteCount(context.kernels.activationFormat))
      let scales = output(fence, form.scaleCount)
      context.prepare(floats(fence, form.height * form.width * form.channels), as: form, into: levels, scales: scales)
      #expect(isWritten(scales, form.scaleCount))
    }
  }
}
