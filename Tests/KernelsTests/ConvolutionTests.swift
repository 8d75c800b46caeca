import Kernels
import Testing

/// A dense convolution with everything that varies between layers.
struct ConvolutionCase: Sendable, CustomTestStringConvertible {
  var height, width, channels, outputs, kernel, stride: Int
  var top = 0, left = 0, bottom = 0, right = 0
  var isSigned = true
  var hasResidual = false
  var clamp = Clamp.none
  /// Pixels from tap to tap.
  var dilation = 1
  /// Of channels that are convolved by themselves.
  var groups = 1

  var testDescription: String {
    "\(height)x\(width)x\(channels) -> \(outputs), \(kernel)x\(kernel)/\(stride), pad \(top) \(left) \(bottom) \(right)"
      + (dilation > 1 ? ", dilated \(dilation)" : "") + (groups > 1 ? ", in \(groups) groups" : "")
  }
  private var extent: Int { (kernel - 1) * dilation + 1 }
  var outputHeight: Int { (height + top + bottom - extent) / stride + 1 }
  var outputWidth: Int { (width + left + right - extent) / stride + 1 }
  /// Weights of one output channel.
  var rowLength: Int { kernel * kernel * channels / groups }
  var outputCount: Int { outputHeight * outputWidth * outputs }
  var layout: ReductionLayout {
    ReductionLayout(
      kernelHeight: kernel, kernelWidth: kernel, dilationHeight: dilation, dilationWidth: dilation, channels: channels,
      groups: ChannelGroups(groups, outputs: outputs))
  }
  var geometry: WindowGeometry {
    WindowGeometry(
      height: height, width: width, channels: channels, kernelHeight: kernel, kernelWidth: kernel,
      dilationHeight: dilation, dilationWidth: dilation, stride: stride, top: top, left: left,
      outputHeight: outputHeight, outputWidth: outputWidth)
  }

  static let all: [ConvolutionCase] = [
    ConvolutionCase(height: 1, width: 1, channels: 1, outputs: 1, kernel: 1, stride: 1),
    ConvolutionCase(height: 1, width: 1, channels: 1280, outputs: 1000, kernel: 1, stride: 1, isSigned: false),
    ConvolutionCase(
      height: 7, width: 7, channels: 64, outputs: 64, kernel: 1, stride: 1, isSigned: false, clamp: .relu),
    ConvolutionCase(height: 14, width: 13, channels: 24, outputs: 40, kernel: 1, stride: 1, hasResidual: true),
    ConvolutionCase(height: 9, width: 9, channels: 257, outputs: 17, kernel: 1, stride: 1, clamp: .relu6),
    ConvolutionCase(height: 5, width: 6, channels: 513, outputs: 33, kernel: 1, stride: 2),
    ConvolutionCase(
      height: 8, width: 9, channels: 64, outputs: 48, kernel: 3, stride: 1, top: 1, left: 1, bottom: 1, right: 1,
      isSigned: false, hasResidual: true, clamp: .relu),
    ConvolutionCase(
      height: 12, width: 11, channels: 18, outputs: 31, kernel: 3, stride: 2, top: 1, left: 1, bottom: 1, right: 1),
    ConvolutionCase(
      height: 20, width: 21, channels: 3, outputs: 32, kernel: 7, stride: 2, top: 3, left: 3, bottom: 3, right: 3),
    ConvolutionCase(height: 22, width: 22, channels: 3, outputs: 20, kernel: 3, stride: 2, bottom: 1, right: 1),
    ConvolutionCase(
      height: 6, width: 7, channels: 300, outputs: 65, kernel: 3, stride: 1, top: 1, left: 1, bottom: 1, right: 1),
    ConvolutionCase(
      height: 9, width: 4, channels: 16, outputs: 16, kernel: 5, stride: 1, top: 2, left: 2, bottom: 2, right: 2),
    ConvolutionCase(
      height: 9, width: 11, channels: 20, outputs: 33, kernel: 3, stride: 1, top: 2, left: 2, bottom: 2, right: 2,
      hasResidual: true, dilation: 2),
    ConvolutionCase(
      height: 13, width: 12, channels: 300, outputs: 16, kernel: 3, stride: 2, top: 3, left: 1, bottom: 2, right: 3,
      dilation: 3),
    // Rows of few channels, which a kernel without gaps reads in one go; padding that is wider than the picture.
    ConvolutionCase(height: 12, width: 11, channels: 3, outputs: 20, kernel: 3, stride: 2, left: 2, dilation: 2),
    ConvolutionCase(
      height: 3, width: 2, channels: 17, outputs: 5, kernel: 3, stride: 1, top: 4, left: 4, bottom: 4, right: 4,
      dilation: 4),
    // Panels of four groups, of two, of one and of parts of several.
    ConvolutionCase(
      height: 7, width: 9, channels: 32, outputs: 32, kernel: 3, stride: 1, top: 1, left: 1, bottom: 1, right: 1,
      isSigned: false, hasResidual: true, clamp: .relu, groups: 8),
    ConvolutionCase(
      height: 7, width: 9, channels: 40, outputs: 40, kernel: 3, stride: 2, top: 1, left: 1, bottom: 1, right: 1,
      groups: 5),
    ConvolutionCase(
      height: 5, width: 6, channels: 96, outputs: 96, kernel: 3, stride: 1, top: 2, left: 2, bottom: 2, right: 2,
      dilation: 2, groups: 3),
    ConvolutionCase(
      height: 6, width: 5, channels: 72, outputs: 120, kernel: 3, stride: 1, top: 1, left: 1, bottom: 1, right: 1,
      hasResidual: true, groups: 3),
    // Groups that do not begin at whole groups of 4 channels, that end in another block of 256, and more outputs than inputs.
    ConvolutionCase(
      height: 5, width: 5, channels: 21, outputs: 35, kernel: 3, stride: 2, top: 1, left: 1, bottom: 1, right: 1,
      groups: 7),
    ConvolutionCase(height: 3, width: 5, channels: 560, outputs: 280, kernel: 1, stride: 1, groups: 5),
    ConvolutionCase(
      height: 4, width: 5, channels: 290, outputs: 58, kernel: 3, stride: 2, top: 1, left: 1, bottom: 1, right: 1,
      groups: 29),
    ConvolutionCase(height: 6, width: 5, channels: 20, outputs: 40, kernel: 3, stride: 1, bottom: 2, groups: 20),
    ConvolutionCase(
      height: 6, width: 5, channels: 9, outputs: 21, kernel: 3, stride: 1, top: 1, left: 1, bottom: 1, right: 1,
      groups: 3),
  ]
}

struct ConvolutionData {
  let shape: ConvolutionCase
  var input: [Float]
  let residual, bias, scale: [Float]
  let rows: [Int8]
  /// The rows in the layout of the kernels, as levels and as Floats, and the sums that undo a zero point.
  private let panels: [Int8]
  private let floatPanels: [Float]
  private let columnSums: [Int32]
  let pairsFit: [UInt8]

  /// - Parameters:
  ///   - isExtreme: whether weights and inputs are as large as they can be.
  ///   - columnSums: what the file says of every column in place of the truth.
  ///   - fitsPairs: whether the weights of all panels but the second keep to what two groups may add up to in 16 bits.
  init(
    _ shape: ConvolutionCase, isExtreme: Bool = false, columnSums falseSum: Int32? = nil, fitsPairs: Bool = false
  ) {
    self.shape = shape
    let count = shape.height * shape.width * shape.channels
    let random = randomFloats(count, in: shape.isSigned ? -2...2 : 0...2, seed: 1)
    input = isExtreme ? random.map { $0 < 0.3 && shape.isSigned ? -2 : 2 } : random
    // Kernels read a residual in whole vectors, beyond its last channel.
    residual = randomFloats(shape.outputCount + PanelLayout.width, seed: 2)
    let padded = PanelLayout.padded(shape.outputs)
    bias = randomFloats(padded, seed: 3)
    scale = randomFloats(padded, in: 0.001...0.01, seed: 4)
    let perRow = shape.rowLength
    let levels = randomLevels(shape.outputs * perRow, seed: 5)
    // Whole rows of one sign give the largest sums; -128 is a level that only a hand-made file has.
    var rows =
      isExtreme
      ? levels.indices.map { [127, -128, levels[$0] < 0 ? -128 : 127][$0 / perRow % 3] } : levels
    if fitsPairs {
      for i in rows.indices where i / perRow / PanelLayout.width != 1 { rows[i] = min(max(rows[i], -63), 63) }
    }
    self.rows = rows

    let layout = shape.layout
    let panelCount = PanelLayout.panels(shape.outputs)
    var packed = [Int8](repeating: 0, count: panelCount * layout.panelBytes)
    layout.pack(rows, outputs: shape.outputs, into: &packed)
    var sums = [Int32](repeating: 0, count: panelCount * layout.blocks * PanelLayout.width)
    layout.columnSums(rows, outputs: shape.outputs, into: &sums)
    if let falseSum { sums = sums.map { _ in falseSum } }
    var floatPacked = [Float](repeating: 0, count: panelCount * layout.panelBytes)
    let (levelRows, scales) = (rows, scale)
    let floatRows = levelRows.indices.map { Float(levelRows[$0]) * scales[$0 / perRow] }
    layout.pack(floatRows, outputs: shape.outputs, into: &floatPacked)
    (panels, floatPanels, columnSums) = (packed, floatPacked, sums)
    pairsFit = fitsPairs ? layout.pairsFit(packed, outputs: shape.outputs) : []
  }

  func prepared(_ element: PreparedInput.Element) -> PreparedInput {
    PreparedInput(
      element: element, height: shape.height, width: shape.width, channels: shape.channels, top: shape.top,
      left: shape.left, bottom: shape.bottom, right: shape.right)
  }

  /// The layer and its operands in memory of `fence`, without the residual.
  func prepared(
    _ context: ExecutionContext, isFloat: Bool, in fence: Fence
  ) -> (plan: ConvolutionPlan, operands: ConvolutionOperands) {
    let layout = shape.layout
    let element: PreparedInput.Element =
      isFloat
      ? .float
      : layout.sharesScale ? .quantizedWithOneScale(isSigned: shape.isSigned) : .quantized(isSigned: shape.isSigned)
    let form = prepared(element)
    let plan = ConvolutionPlan(
      input: form, layout: layout, stride: shape.stride, top: shape.top, left: shape.left,
      outputHeight: shape.outputHeight,
      outputWidth: shape.outputWidth, outputChannels: shape.outputs, context: context)
    let activations = fence.allocate(form.byteCount(context.kernels.activationFormat))
    let scales = fence.copy([Float](repeating: .nan, count: form.scaleCount))
    context.prepare(fence.copy(input), as: form, into: activations, scales: scales)

    let weights = DenseWeights(
      panels: isFloat ? UnsafeRawPointer(fence.copy(floatPanels)) : UnsafeRawPointer(fence.copy(panels)),
      scale: isFloat ? nil : UnsafePointer(fence.copy(scale)), bias: fence.copy(bias),
      columnSums: isFloat ? nil : UnsafePointer(fence.copy(columnSums)), pairsFit: isFloat ? [] : pairsFit)
    return (plan, ConvolutionOperands(input: activations, scales: scales, weights: weights))
  }

  /// The layer's output, with its operands in memory of `fence`.
  func run(_ context: ExecutionContext, isFloat: Bool, in fence: Fence) -> [Float] {
    var (plan, operands) = prepared(context, isFloat: isFloat, in: fence)
    if shape.hasResidual { operands.residual = .float(fence.copy(residual)) }
    let output = fence.copy([Float](repeating: .nan, count: shape.outputCount))
    context.convolution(plan, operands, epilogue: Epilogue(clamp: shape.clamp), output: output)
    return Array(UnsafeBufferPointer(start: output, count: shape.outputCount))
  }

  func run(_ context: ExecutionContext, isFloat: Bool) -> [Float] {
    let fence = Fence()
    defer { fence.remove() }
    return run(context, isFloat: isFloat, in: fence)
  }

  /// The textbook sum in Double, straight from the definition.
  var expected: [Float] {
    var result: [Float] = []
    for y in 0..<shape.outputHeight {
      for x in 0..<shape.outputWidth {
        for n in 0..<shape.outputs {
          var sum = 0.0
          for ky in 0..<shape.kernel {
            for kx in 0..<shape.kernel {
              let sy = y * shape.stride - shape.top + ky * shape.dilation
              let sx = x * shape.stride - shape.left + kx * shape.dilation
              guard sy >= 0, sy < shape.height, sx >= 0, sx < shape.width else { continue }
              let count = shape.channels / shape.groups
              let first = n * shape.groups / shape.outputs * count
              for c in 0..<count {
                let weight = rows[((n * shape.kernel + ky) * shape.kernel + kx) * count + c]
                sum += Double(input[(sy * shape.width + sx) * shape.channels + first + c]) * Double(weight)
              }
            }
          }
          let residual = shape.hasResidual ? self.residual[result.count] : 0
          let value = Float(sum * Double(scale[n])) + bias[n] + residual
          result.append(min(max(value, shape.clamp.lower), shape.clamp.upper))
        }
      }
    }
    return result
  }
}

@Suite struct ConvolutionTests {
  @Test(arguments: ConvolutionCase.all) func floatEqualsTheDefinition(_ shape: ConvolutionCase) {
    let data = ConvolutionData(shape)
    let expected = data.expected
    // Rounding grows with the square root of the reduction; 32 leaves room for the worst of a thousand outputs.
    let reduction = Float(shape.rowLength)
    let tolerance = 32 * Float.ulpOfOne * reduction.squareRoot()
    for context in [referenceContext] + contexts {
      let output = data.run(context, isFloat: true)
      #expect(largestError(output, expected) < tolerance, "\(context.kernels.tier), \(context.pool.threads) threads")
    }
  }

  @Test(arguments: ConvolutionCase.all) func int8ReferenceStaysWithinOneQuantizationStep(_ shape: ConvolutionCase) {
    let data = ConvolutionData(shape)
    let expected = data.expected
    let output = data.run(referenceContext, isFloat: false)
    // Each activation is off by at most half a level of (at most) 2 / 127; errors add up like a random walk, 6 sigma.
    let reduction = Float(shape.rowLength)
    let activationError: Float = (shape.isSigned ? 2 / 127 : 2 / 255) / 3.46
    let weight: Float = 127 / 1.73 * 0.01
    let tolerance = 6 * activationError * weight * reduction.squareRoot()
    #expect(largestError(output, expected) < tolerance)
  }

  @Test(arguments: ConvolutionCase.all, [false, true])
  func int8TiersEqualTheReference(_ shape: ConvolutionCase, _ isExtreme: Bool) {
    expectEqualTiers(ConvolutionData(shape, isExtreme: isExtreme))
  }

  /// One more or less than a whole group, vector, panel, tile or block, in both dimensions of the weights.
  @Test(arguments: [1, 3, 5, 15, 17, 63, 65, 255, 257], [1, 15, 17, 31, 33, 47, 49, 63, 65])
  func int8TiersEqualTheReferenceOffTheTile(_ channels: Int, _ outputs: Int) {
    let shape = ConvolutionCase(height: 1, width: 13, channels: channels, outputs: outputs, kernel: 1, stride: 1)
    expectEqualTiers(ConvolutionData(shape, isExtreme: true))
  }

  /// Panels whose weights let two groups add up in 16 bits, and one among them whose weights do not: the largest sums that fit, for
  /// every number of rows that leaves another last tile.
  @Test(arguments: [1, 4, 5, 6, 7, 8, 9, 13], [16, 40, 257]) func groupsInPairs(_ width: Int, _ channels: Int) {
    let shape = ConvolutionCase(height: 1, width: width, channels: channels, outputs: 49, kernel: 1, stride: 1)
    let data = ConvolutionData(shape, isExtreme: true, fitsPairs: true)
    #expect(data.pairsFit == [1, 0, 1, 1])
    expectEqualTiers(data)
  }

  @Test(arguments: ConvolutionCase.all) func groupsInPairsOfEveryShape(_ shape: ConvolutionCase) {
    expectEqualTiers(ConvolutionData(shape, isExtreme: true, fitsPairs: true))
  }

  /// Found by fuzzing: the reference stopped where the tiers wrap.
  @Test(arguments: [Int32.max, .min, 1 << 25]) func columnSumsOfAFileMayOverflow(_ sum: Int32) {
    expectEqualTiers(ConvolutionData(ConvolutionCase.all[3], columnSums: sum))
  }

  private func expectEqualTiers(_ data: ConvolutionData) {
    // Int32 sums are exact; only the Float accumulation over blocks may round differently.
    let tolerance = 4 * Float.ulpOfOne * Float(data.shape.layout.blocks + 2)
    for context in contexts {
      let expected = data.run(context.reference, isFloat: false)
      let output = data.run(context, isFloat: false)
      #expect(largestError(output, expected) < tolerance, "\(context.kernels.tier), \(context.pool.threads) threads")
    }
  }

  @Test func threadsDoNotChangeABit() {
    let data = ConvolutionData(ConvolutionCase.all[6])
    for tier in CPUTier.available {
      let one = data.run(ExecutionContext(tier: tier, threads: 1), isFloat: false)
      let four = data.run(ExecutionContext(tier: tier, threads: 4), isFloat: false)
      #expect(one == four)
    }
  }
}
