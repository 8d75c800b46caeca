import Glibc
import Kernels
import Testing

/// No kernel touches memory outside its operands: each lies between two pages that fault.
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

  /// All kernels of the table; KernelCoverageTests sees to it that none is missing.
  @Test(arguments: KernelShape.small) func everyKernel(_ shape: KernelShape) {
    onEveryTier { context, fence in
      let expected = shape.makeRun(KernelOperands(context))
      let fenced = shape.makeRun(KernelOperands(context, memory: fence))
      context.withFlushedDenormals {
        expected.run()
        fenced.run()
      }
      let (found, wanted) = (fenced.result(), expected.result())
      #expect(found.values == wanted.values && found.levels == wanted.levels, "\(context.kernels.tier)")
    }
  }

  /// A kernel that writes one value too far, on either side.
  @Test(.disabled(if: Fence.isOpen), arguments: [-1, 17]) func trespassingEndsTheRun(_ place: Int) async {
    await #expect(processExitsWith: .signal(SIGSEGV)) { [place] in
      var kernels = KernelTable.table(for: .best)
      if place < 0 {
        kernels.functions.activate = { _, _, output, _ in output[-1] = 0 }
      } else {
        kernels.functions.activate = { _, _, output, count in output[count] = 0 }
      }
      let fence = Fence(place < 0 ? .start : .end)
      let context = ExecutionContext(kernels: kernels, threads: 1)
      KernelShape.activation(.gelu, rows: 1, channels: 17).makeRun(KernelOperands(context, memory: fence)).run()
    }
  }

  /// Register-only loops read 128 bytes of operands, reads nothing but what they are told to.
  @Test func yardsticks() {
    onEveryTier { context, fence in
      let operands = UnsafeRawPointer(floats(fence, 32))
      var (level, value) = (Int32.zero, Float.zero)
      #expect(context.kernels.functions.peakInt8(100, operands, &level) >= 100)
      #expect(context.kernels.functions.peakFloat(100, operands, &value) >= 100)
      for bytes in [0, 4, 512, 1540] { _ = context.kernels.functions.readMemory(fence.allocate(bytes), bytes) }
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
      let plan = DepthwisePlan(g, weights: weights, threads: context.pool.threads)
      let input = floats(fence, g.height * g.width * g.channels)
      context.depthwise(plan, input: .floats(input), clamp: .relu6, output: output)
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
