import Kernels
import Testing

/// 3 x 3 convolutions by Winograd's form, on the instruction sets that have it.
@Suite struct WinogradTests {
  private static let cases: [ConvolutionCase] = [
    ConvolutionCase(
      height: 10, width: 12, channels: 16, outputs: 16, kernel: 3, stride: 1, top: 1, left: 1, bottom: 1, right: 1),
    // Odd sides, padding on two sides alone and on none.
    ConvolutionCase(
      height: 11, width: 13, channels: 32, outputs: 48, kernel: 3, stride: 1, top: 1, left: 1, isSigned: false,
      hasResidual: true, clamp: .relu),
    ConvolutionCase(
      height: 13, width: 11, channels: 272, outputs: 16, kernel: 3, stride: 1, isSigned: false, clamp: .relu6),
    ConvolutionCase(
      height: 8, width: 9, channels: 544, outputs: 32, kernel: 3, stride: 1, top: 2, left: 2, bottom: 2, right: 2,
      hasResidual: true),
    // Many rows of tiles, so that several threads have bands of their own.
    ConvolutionCase(
      height: 50, width: 33, channels: 16, outputs: 32, kernel: 3, stride: 1, top: 1, left: 1, bottom: 1, right: 1,
      isSigned: false),
  ]

  private var contextsWithWinograd: [ExecutionContext] {
    contexts.filter { $0.kernels.activationFormat == .sevenBits }
  }

  /// - Returns: nil where the layer has no such form.
  private func run(_ data: ConvolutionData, _ context: ExecutionContext) -> [Float]? {
    let fence = Fence()
    defer { fence.remove() }
    var (plan, operands) = data.prepared(context, isFloat: false, in: fence)
    guard WinogradPlan.isWorthwhile(plan, context: context),
      let weights = WinogradWeights(
        operands.weights.panels.assumingMemoryBound(to: Int8.self), plan.layout, outputs: plan.outputChannels,
        context: context)
    else { return nil }
    if data.shape.hasResidual { operands.residual = .float(fence.copy(data.residual)) }
    let count = data.shape.outputCount
    let output = fence.copy([Float](repeating: .nan, count: count))
    context.convolution(
      WinogradPlan(plan, weights: weights, wantsQuantized: false, context: context), operands,
      epilogue: Epilogue(clamp: data.shape.clamp), output: output)
    return Array(UnsafeBufferPointer(start: output, count: count))
  }

  @Test(arguments: cases, [false, true]) func tiersEqualTheReference(_ shape: ConvolutionCase, _ isExtreme: Bool) throws
  {
    let data = ConvolutionData(shape, isExtreme: isExtreme)
    for context in contextsWithWinograd {
      let (found, expected) = (try #require(run(data, context)), try #require(run(data, context.reference)))
      #expect(largestError(found, expected) < 8 * Float.ulpOfOne, "\(context.kernels.tier)")
    }
  }

  /// Activations are rounded once more: to a sixteenth of a level of the tile's largest or, where weights are large, a quarter.
  @Test(arguments: cases, [false, true]) func resultsAreThoseOfTheDirectForm(
    _ shape: ConvolutionCase, _ isExtreme: Bool
  ) throws {
    let data = ConvolutionData(shape, isExtreme: isExtreme)
    for context in contextsWithWinograd {
      let (found, direct) = (try #require(run(data, context)), data.run(context, isFloat: false))
      #expect(largestError(found, direct) < quantizationError(shape) / 4, "\(context.kernels.tier)")
    }
  }

  /// Each activation is off by at most half a level of seven bits; errors add up like a random walk, 6 sigma.
  private func quantizationError(_ shape: ConvolutionCase) -> Float {
    let activationError: Float = (shape.isSigned ? 2 / 63 : 2 / 127) / 3.46
    let weight: Float = 127 / 1.73 * 0.01
    return 6 * activationError * weight * Float(shape.rowLength).squareRoot()
  }

  @Test(arguments: cases) func resultsStayWithinOneQuantizationStep(_ shape: ConvolutionCase) throws {
    let data = ConvolutionData(shape)
    let expected = data.expected
    for context in contextsWithWinograd {
      #expect(largestError(try #require(run(data, context)), expected) < quantizationError(shape))
    }
  }

  @Test(arguments: cases) func threadsDoNotChangeABit(_ shape: ConvolutionCase) throws {
    let data = ConvolutionData(shape)
    for tier in Set(contextsWithWinograd.map(\.kernels.tier)) {
      let one = try #require(run(data, ExecutionContext(tier: tier, threads: 1)))
      for threads in [2, 3, 8] {
        #expect(run(data, ExecutionContext(tier: tier, threads: threads)) == one, "\(tier), \(threads) threads")
      }
    }
  }

  /// What is not a number, or infinite, spoils all outputs that see it, as it does in the direct form.
  @Test(arguments: [Float.nan, .infinity, -.infinity]) func whatIsNotFiniteIsSeen(_ value: Float) throws {
    let shape = ConvolutionCase(
      height: 12, width: 12, channels: 32, outputs: 16, kernel: 3, stride: 1, top: 1, left: 1, bottom: 1, right: 1)
    var data = ConvolutionData(shape)
    let pixel = 5 * shape.width + 7
    data.input[pixel * shape.channels + 3] = value
    for context in contextsWithWinograd {
      let output = try #require(run(data, context))
      for y in 4...6 {
        for x in 6...8 {
          let values = output[(y * shape.width + x) * shape.outputs..<(y * shape.width + x + 1) * shape.outputs]
          #expect(values.allSatisfy { !$0.isFinite }, "\(context.kernels.tier)")
        }
      }
      let untouched = output[..<(2 * shape.width * shape.outputs)].allSatisfy { $0.isFinite }
      #expect(untouched)
    }
  }

  /// Sums that might exceed 32 bits, strides, few tiles and channels that are no whole panels.
  @Test func otherLayersHaveNoSuchForm() {
    var large = ConvolutionCase(height: 14, width: 10, channels: 1024, outputs: 16, kernel: 3, stride: 1)
    let isEligible = { (shape: ConvolutionCase, isExtreme: Bool) in
      contextsWithWinograd.map { run(ConvolutionData(shape, isExtreme: isExtreme), $0) != nil }
    }
    let none = contextsWithWinograd.map { _ in false }
    #expect(isEligible(large, false) == none.map { !$0 })
    #expect(isEligible(large, true) == none)
    large.channels = 512
    #expect(isEligible(large, true) == none.map { !$0 })
    var small = Self.cases[0]
    small.height = 6
    #expect(isEligible(small, false) == none)
    var narrow = Self.cases[0]
    narrow.channels = 20
    #expect(isEligible(narrow, false) == none)
    var strided = Self.cases[4]
    strided.stride = 2
    #expect(isEligible(strided, false) == none)
  }
}
