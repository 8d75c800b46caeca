import Kernels
import Testing

/// Convolutions of several images, and their input gradients: these are linear, so `<g, f(x)> = <fᵀ(g), x>` for all g and x.
@Suite struct TrainingConvolutionTests {
  static let images = 3
  static let cases = ConvolutionCase.all.filter { $0.channels < 600 }

  @Test(arguments: cases, OperandPrecision.allCases)
  func batchesEqualTheDefinition(_ shape: ConvolutionCase, _ precision: OperandPrecision) {
    let data = BatchData(shape, precision)
    let expected = data.expected()
    // Sums of n products, each rounded once: errors like a random walk.
    let reduction = Float(shape.rowLength)
    let tolerance = 32 * Float.ulpOfOne * reduction.squareRoot()
    for context in [referenceContext] + contexts {
      let output = data.forward(context)
      #expect(output.guardsAreIntact)
      #expect(largestError(output.values, expected) < tolerance, "\(context.kernels.tier)")
    }
  }

  @Test(arguments: cases, OperandPrecision.allCases)
  func gradientIsTheTranspose(_ shape: ConvolutionCase, _ precision: OperandPrecision) {
    let data = BatchData(shape, precision)
    // Without the bias the convolution is linear.
    let forward = product(data.gradient, data.expected(bias: false))
    for context in [referenceContext] + contexts {
      let result = data.backward(context)
      #expect(result.guardsAreIntact)
      let backward = product(result.values, data.input)
      let scale =
        (product(data.gradient, data.gradient) * product(data.expected(bias: false), data.expected(bias: false)))
      #expect(abs(forward - backward) < 1e-5 * scale.squareRoot(), "\(context.kernels.tier)")
    }
  }

  @Test(arguments: cases) func tiersAndThreadsAgreeOnTheGradient(_ shape: ConvolutionCase) {
    let data = BatchData(shape, .float32)
    let expected = data.backward(referenceContext).values
    let tolerance = 64 * Float.ulpOfOne * Float(shape.kernel * shape.kernel * shape.outputs).squareRoot()
    for tier in CPUTier.available where tier != .reference {
      let results = [1, 3].map { data.backward(ExecutionContext(tier: tier, threads: $0)).values }
      #expect(largestError(results[0], expected) < tolerance, "\(tier)")
      #expect(results[0] == results[1], "\(tier)")
    }
  }

  @Test(arguments: [
    (9, 7, 3, 1, 1, 1), (8, 8, 3, 2, 0, 1), (7, 9, 5, 2, 2, 1), (6, 6, 2, 2, 0, 1), (10, 9, 5, 1, 2, 1),
    (9, 10, 3, 1, 2, 2), (11, 8, 3, 2, 3, 3), (2, 3, 3, 1, 4, 4),
  ])
  func depthwiseGradientIsTheTranspose(
    _ height: Int, _ width: Int, _ kernel: Int, _ stride: Int, _ padding: Int, _ dilation: Int
  ) {
    let channels = 37
    let g = window(height, width, channels, kernel, stride, padding, dilation)
    let outputCount = g.outputHeight * g.outputWidth * channels
    let inputCount = height * width * channels
    let weights = randomFloats(kernel * kernel * PanelLayout.padded(channels), seed: 1)
    let input = randomFloats(Self.images * inputCount, seed: 2)
    let gradient = randomFloats(Self.images * outputCount, seed: 3)
    let bias = [Float](repeating: 0, count: PanelLayout.padded(channels))
    for context in [referenceContext] + contexts {
      var output = [Float](repeating: 0, count: Self.images * outputCount)
      for image in 0..<Self.images {
        output.withUnsafeMutableBufferPointer { output in
          input.withUnsafeBufferPointer { input in
            weights.withUnsafeBufferPointer { weights in
              bias.withUnsafeBufferPointer { bias in
                let weights = DepthwiseWeights(
                  levels: nil, floats: weights.baseAddress!, scale: nil, bias: bias.baseAddress!)
                context.depthwise(
                  DepthwisePlan(g, weights: weights, threads: context.pool.threads),
                  input: .floats(input.baseAddress! + image * inputCount), clamp: .none,
                  output: output.baseAddress! + image * outputCount)
              }
            }
          }
        }
      }
      let result = GuardedOutput(Self.images * inputCount)
      context.depthwiseGradient(images: Self.images, g, weights: weights, gradient: gradient, result: result.pointer)
      #expect(result.guardsAreIntact)
      #expect(abs(product(gradient, output) - product(result.values, input)) < 1e-3, "\(context.kernels.tier)")
    }
  }

  @Test(arguments: [(8, 8, 2, 2, 0), (9, 9, 3, 2, 1), (7, 6, 3, 1, 0)])
  func maxPoolGradientGoesToTheFirstLargest(
    _ height: Int, _ width: Int, _ kernel: Int, _ stride: Int, _ padding: Int
  ) {
    let channels = 21
    let g = window(height, width, channels, kernel, stride, padding)
    let inputCount = height * width * channels
    let outputCount = g.outputHeight * g.outputWidth * channels
    // Few levels, so that there are ties.
    let input = randomFloats(Self.images * inputCount, in: 0...3, seed: 1).map { $0.rounded() }
    let gradient = randomFloats(Self.images * outputCount, seed: 2)
    var expected = [Float](repeating: 0, count: Self.images * inputCount)
    var output = [Float](repeating: 0, count: Self.images * outputCount)
    for image in 0..<Self.images {
      for (o, c) in (0..<outputCount).map({ ($0 / channels, $0 % channels) }) {
        var best = (value: -Float.infinity, index: 0)
        for ky in 0..<kernel {
          for kx in 0..<kernel {
            let y = o / g.outputWidth * stride - padding + ky
            let x = o % g.outputWidth * stride - padding + kx
            guard y >= 0, y < height, x >= 0, x < width else { continue }
            let index = image * inputCount + (y * width + x) * channels + c
            if input[index] > best.value { best = (input[index], index) }
          }
        }
        output[image * outputCount + o * channels + c] = best.value
        expected[best.index] += gradient[image * outputCount + o * channels + c]
      }
    }
    for context in [referenceContext] + contexts {
      let result = GuardedOutput(Self.images * inputCount)
      context.maxPoolGradient(
        images: Self.images, g, input: input, output: output, gradient: gradient, result: result.pointer)
      #expect(result.guardsAreIntact)
      #expect(largestError(result.values, expected) < 1e-5, "\(context.kernels.tier)")
    }
  }

  private func window(
    _ height: Int, _ width: Int, _ channels: Int, _ kernel: Int, _ stride: Int, _ padding: Int, _ dilation: Int = 1
  ) -> WindowGeometry {
    let extent = (kernel - 1) * dilation + 1
    return WindowGeometry(
      height: height, width: width, channels: channels, kernelHeight: kernel, kernelWidth: kernel,
      dilationHeight: dilation, dilationWidth: dilation, stride: stride, top: padding, left: padding,
      outputHeight: (height + 2 * padding - extent) / stride + 1,
      outputWidth: (width + 2 * padding - extent) / stride + 1)
  }
}

/// Random images, weights and gradients of one convolution; in bf16 cases all of them are bf16 values.
private struct BatchData {
  let shape: ConvolutionCase
  let precision: OperandPrecision
  let input, weights, bias, gradient: [Float]

  init(_ shape: ConvolutionCase, _ precision: OperandPrecision) {
    (self.shape, self.precision) = (shape, precision)
    let images = TrainingConvolutionTests.images
    func values(_ count: Int, _ seed: UInt64) -> [Float] {
      let values = randomFloats(count, seed: seed)
      return precision == .float32 ? values : values.map { Float(bitPattern: $0.bitPattern & 0xFFFF_0000) }
    }
    input = values(images * shape.height * shape.width * shape.channels, 1)
    weights = values(shape.outputs * shape.rowLength, 2)
    gradient = values(images * shape.outputCount, 3)
    bias = values(PanelLayout.padded(shape.outputs), 4)
  }

  /// By the definition, in Double.
  func expected(bias hasBias: Bool = true) -> [Float] {
    var result: [Float] = []
    for image in 0..<TrainingConvolutionTests.images {
      for pixel in 0..<shape.outputHeight * shape.outputWidth {
        for n in 0..<shape.outputs {
          var sum = hasBias ? Double(bias[n]) : 0
          for tap in 0..<shape.kernel * shape.kernel {
            let y = pixel / shape.outputWidth * shape.stride - shape.top + tap / shape.kernel * shape.dilation
            let x = pixel % shape.outputWidth * shape.stride - shape.left + tap % shape.kernel * shape.dilation
            guard y >= 0, y < shape.height, x >= 0, x < shape.width else { continue }
            let count = shape.channels / shape.groups
            let first = n * shape.groups / shape.outputs * count
            let source = ((image * shape.height + y) * shape.width + x) * shape.channels + first
            let row = (n * shape.kernel * shape.kernel + tap) * count
            for c in 0..<count { sum += Double(input[source + c]) * Double(weights[row + c]) }
          }
          result.append(Float(sum))
        }
      }
    }
    return result
  }

  func forward(_ context: ExecutionContext) -> GuardedOutput {
    let form = PreparedInput(
      element: precision.element, images: TrainingConvolutionTests.images, height: shape.height, width: shape.width,
      channels: shape.channels, top: shape.top, left: shape.left, bottom: shape.bottom, right: shape.right)
    let plan = BatchConvolution(
      operand: form, layout: shape.layout, stride: shape.stride, outputHeight: shape.outputHeight,
      outputWidth: shape.outputWidth, outputChannels: shape.outputs, context: context)
    let panels = pack(PanelPacking(.forward, shape.layout, outputs: shape.outputs))
    let output = GuardedOutput(TrainingConvolutionTests.images * shape.outputCount)
    withOperand(input, form, context) {
      context.convolution(
        plan, operand: $0, panels: panels, bias: bias, residual: nil, clamp: .none, output: output.pointer)
    }
    return output
  }

  func backward(_ context: ExecutionContext) -> GuardedOutput {
    let images = TrainingConvolutionTests.images
    let plan = ConvolutionGradient(
      images: images, geometry: shape.geometry, layout: shape.layout, outputChannels: shape.outputs,
      precision: precision, context: context)
    let panels = pack(plan.packing)
    let zeros = [Float](repeating: 0, count: PanelLayout.padded(plan.convolution.outputChannels))
    var columns = [Float](repeating: 0, count: max(1, plan.columnFloats))
    let result = GuardedOutput(images * shape.height * shape.width * shape.channels)
    withOperand(gradient, plan.operand, context) {
      context.convolutionGradient(
        plan, operand: $0, panels: panels, zeros: zeros, columns: &columns, result: result.pointer)
    }
    return result
  }

  private func pack(_ packing: PanelPacking) -> [UInt8] {
    var floats = [Float](repeating: 0, count: packing.count)
    let length = shape.rowLength
    for n in 0..<shape.outputs {
      weights.withUnsafeBufferPointer { packing.put($0.baseAddress! + n * length, output: n, into: &floats) }
    }
    guard precision == .bf16 else { return floats.withUnsafeBytes { Array($0) } }
    var rounded = [UInt16](repeating: 0, count: packing.count)
    roundPanels(floats, count: packing.count, into: &rounded)
    return rounded.withUnsafeBytes { Array($0) }
  }

  private func withOperand(
    _ values: [Float], _ form: PreparedInput, _ context: ExecutionContext, _ body: (UnsafeRawPointer) -> Void
  ) {
    var memory = [UInt8](repeating: 0xFF, count: form.byteCount(context.kernels.activationFormat) + 64)
    context.prepare(values, as: form, into: &memory, scales: nil)
    body(memory)
  }
}

func product(_ a: [Float], _ b: [Float]) -> Double {
  zip(a, b).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
}
