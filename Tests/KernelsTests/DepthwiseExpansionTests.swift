import CShim
import Kernels
import Testing

/// A depthwise convolution computed together with the dense one in front of it yields what the two yield one after the other.
@Suite struct DepthwiseExpansionTests {
  private struct Window: CustomStringConvertible {
    var kernel, stride: Int
    var dilation = 1
    var description: String { "\(kernel)x\(kernel)/\(stride) dilated \(dilation)" }

    func geometry(_ shape: ConvolutionCase) -> WindowGeometry {
      let (extent, padding) = ((kernel - 1) * dilation + 1, (kernel - 1) * dilation / 2)
      return WindowGeometry(
        height: shape.outputHeight, width: shape.outputWidth, channels: shape.outputs, kernelHeight: kernel,
        kernelWidth: kernel, dilationHeight: dilation, dilationWidth: dilation, stride: stride, top: padding,
        left: padding, outputHeight: (shape.outputHeight + 2 * padding - extent) / stride + 1,
        outputWidth: (shape.outputWidth + 2 * padding - extent) / stride + 1)
    }
  }

  private static let windows = [
    Window(kernel: 3, stride: 1), Window(kernel: 3, stride: 2), Window(kernel: 5, stride: 1),
    Window(kernel: 5, stride: 2), Window(kernel: 7, stride: 1), Window(kernel: 3, stride: 1, dilation: 2),
  ]

  /// A picture of many rows, expanded to more than a block of channels, and the cases of the dense convolution.
  private static let shapes =
    ConvolutionCase.all.filter { !$0.hasResidual }
    + [ConvolutionCase(height: 31, width: 19, channels: 24, outputs: 300, kernel: 1, stride: 1, clamp: .relu6)]

  private func expectSame(
    _ data: ConvolutionData, _ window: Window, _ context: ExecutionContext, isFloat: Bool, function: ActivationKernel?
  ) {
    let fence = Fence()
    defer { fence.remove() }
    let (expansion, operands) = data.prepared(context, isFloat: isFloat, in: fence)
    let (g, shape) = (window.geometry(data.shape), data.shape)
    let (taps, padded) = (window.kernel * window.kernel, PanelLayout.padded(shape.outputs))
    let weights = DepthwiseWeights(
      levels: fence.copy(randomLevels(taps * padded, seed: 6)), floats: nil,
      scale: fence.copy(randomFloats(padded, in: 0.001...0.01, seed: 7)),
      bias: fence.copy(randomFloats(padded, seed: 8)))
    let threads = context.pool.threads
    let epilogue = Epilogue(clamp: function == nil ? shape.clamp : .none, function: function)
    func output() -> UnsafeMutablePointer<Float> { fence.copy([Float](repeating: .nan, count: g.outputCount)) }

    let between = fence.copy([Float](repeating: .nan, count: shape.outputCount))
    context.convolution(expansion, operands, epilogue: epilogue, output: between)
    let apart = output()
    context.depthwise(
      DepthwisePlan(g, weights: weights, threads: threads), input: .floats(between), clamp: .relu6, output: apart)
    let together = output()
    context.depthwise(
      DepthwisePlan(g, weights: weights, computesInput: true, threads: threads),
      input: .expansion(expansion, operands, epilogue), clamp: .relu6, output: together)
    let isSame = (0..<g.outputCount).allSatisfy { apart[$0].bitPattern == together[$0].bitPattern }
    #expect(isSame, "\(context.kernels.tier), \(threads) threads, \(window)")
  }

  @Test(arguments: shapes.indices, [true, false]) func togetherAsApart(_ index: Int, _ isFloat: Bool) {
    let data = ConvolutionData(Self.shapes[index])
    for context in [referenceContext] + contexts {
      for window in Self.windows where window.geometry(data.shape).outputWidth > 0 {
        guard window.geometry(data.shape).outputHeight > 0 else { continue }
        expectSame(data, window, context, isFloat: isFloat, function: nil)
      }
    }
  }

  @Test func withAFunctionBetween() {
    let data = ConvolutionData(Self.shapes[Self.shapes.count - 1])
    for context in contexts { expectSame(data, Self.windows[2], context, isFloat: false, function: .hardSwish) }
  }

  /// The quantized form is that of the Floats, whatever threads share the work.
  @Test func quantizedWhileWriting() {
    let data = ConvolutionData(Self.shapes[Self.shapes.count - 1])
    let g = Self.windows[0].geometry(data.shape)
    let form = PreparedInput(
      element: .quantized(isSigned: false), height: g.outputHeight, width: g.outputWidth, channels: g.channels, top: 1,
      left: 1, bottom: 1, right: 1)
    for tier in CPUTier.available {
      let results = [1, 2, 5].map { threads in
        let context = ExecutionContext(tier: tier, threads: threads)
        let fence = Fence()
        defer { fence.remove() }
        let (expansion, operands) = data.prepared(context, isFloat: false, in: fence)
        let padded = PanelLayout.padded(g.channels)
        let weights = DepthwiseWeights(
          levels: nil, floats: fence.copy(randomFloats(9 * padded, seed: 6)), scale: nil,
          bias: fence.copy(randomFloats(padded, seed: 8)))
        let plan = DepthwisePlan(g, weights: weights, computesInput: true, threads: threads)
        let input = DepthwiseInput.expansion(expansion, operands, Epilogue(clamp: .relu6))
        let output = fence.copy([Float](repeating: .nan, count: g.outputCount))
        context.depthwise(plan, input: input, clamp: .relu6, output: output)
        let expected = QuantizedCopy(form, context, fence)
        context.prepare(output, as: form, into: expected.levels, scales: expected.scales)
        let quantized = QuantizedCopy(form, context, fence)
        context.depthwise(
          plan, input: input, clamp: .relu6, output: nil,
          quantized: QuantizedOutput(form: form, levels: quantized.levels, scales: quantized.scales))
        #expect(quantized.values == expected.values, "\(tier), \(threads) threads")
        return quantized.values
      }
      #expect(results.allSatisfy { $0 == results[0] }, "\(tier)")
    }
  }
}

/// Levels and scales in memory of a fence.
private struct QuantizedCopy {
  let levels: UnsafeMutableRawPointer
  let scales: UnsafeMutablePointer<Float>
  private let bytes, count: Int

  init(_ form: PreparedInput, _ context: ExecutionContext, _ fence: Fence) {
    bytes = form.byteCount(context.kernels.activationFormat)
    count = form.scaleCount
    levels = UnsafeMutableRawPointer(fence.copy([UInt8](repeating: 0xAA, count: bytes)))
    scales = fence.copy([Float](repeating: -1, count: count))
  }

  /// The scales' bits and the levels, one after the other.
  var values: [UInt32] {
    (0..<count).map { scales[$0].bitPattern }
      + (0..<bytes).map { UInt32(levels.load(fromByteOffset: $0, as: UInt8.self)) }
  }
}
