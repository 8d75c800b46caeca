import Kernels
import Testing

/// A dense convolution with everything that varies between layers.
struct ConvolutionCase: Sendable, CustomTestStringConvertible {
  var height, width, channels, outputs, kernel, stride: Int
  var top = 0, left = 0, bottom = 0, right = 0
  var isSigned = true
  var hasResidual = false
  var clamp = Clamp.none

  var testDescription: String {
    "\(height)x\(width)x\(channels) -> \(outputs), \(kernel)x\(kernel)/\(stride), pad \(top) \(left) \(bottom) \(right)"
  }
  var outputHeight: Int { (height + top + bottom - kernel) / stride + 1 }
  var outputWidth: Int { (width + left + right - kernel) / stride + 1 }
  var outputCount: Int { outputHeight * outputWidth * outputs }
  var layout: ReductionLayout { ReductionLayout(kernelHeight: kernel, kernelWidth: kernel, channels: channels) }

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
  ]
}

struct ConvolutionData {
  let shape: ConvolutionCase
  let input, residual, bias, scale: [Float]
  let rows: [Int8]

  init(_ shape: ConvolutionCase) {
    self.shape = shape
    let count = shape.height * shape.width * shape.channels
    input = randomFloats(count, in: shape.isSigned ? -2...2 : 0...2, seed: 1)
    // Kernels read a residual in whole vectors, beyond its last channel.
    residual = randomFloats(shape.outputCount + PanelLayout.width, seed: 2)
    let padded = PanelLayout.padded(shape.outputs)
    bias = randomFloats(padded, seed: 3)
    scale = randomFloats(padded, in: 0.001...0.01, seed: 4)
    rows = randomLevels(shape.outputs * shape.kernel * shape.kernel * shape.channels, seed: 5)
  }

  func prepared(_ element: PreparedInput.Element) -> PreparedInput {
    PreparedInput(
      element: element, height: shape.height, width: shape.width, channels: shape.channels, top: shape.top,
      left: shape.left, bottom: shape.bottom, right: shape.right)
  }

  func run(_ context: ExecutionContext, isFloat: Bool) -> (output: [Float], guardsAreIntact: Bool) {
    let layout = shape.layout
    let element: PreparedInput.Element =
      isFloat
      ? .float
      : layout.mergesPixels ? .quantizedWithOneScale(isSigned: shape.isSigned) : .quantized(isSigned: shape.isSigned)
    let form = prepared(element)
    let plan = ConvolutionPlan(
      input: form, layout: layout, stride: shape.stride, top: shape.top, left: shape.left,
      outputHeight: shape.outputHeight,
      outputWidth: shape.outputWidth, outputChannels: shape.outputs, context: context)
    let activations = UnsafeMutableRawPointer.allocate(
      byteCount: form.byteCount(context.kernels.activationFormat), alignment: 64)
    defer { activations.deallocate() }
    let scales = UnsafeMutablePointer<Float>.allocate(capacity: max(1, form.scaleCount))
    defer { scales.deallocate() }
    context.prepare(input, as: form, into: activations, scales: scales)

    let panels = PanelLayout.panels(shape.outputs)
    var packed = [Int8](repeating: 0, count: panels * layout.panelBytes)
    layout.pack(rows, outputs: shape.outputs, into: &packed)
    var sums = [Int32](repeating: 0, count: panels * layout.blocks * PanelLayout.width)
    layout.columnSums(rows, outputs: shape.outputs, into: &sums)
    let perRow = rows.count / shape.outputs
    let floatRows = rows.indices.map { Float(rows[$0]) * scale[$0 / perRow] }
    var floatPacked = [Float](repeating: 0, count: panels * layout.panelBytes)
    layout.pack(floatRows, outputs: shape.outputs, into: &floatPacked)

    let output = GuardedOutput(shape.outputCount)
    packed.withUnsafeBytes { levels in
      floatPacked.withUnsafeBytes { floats in
        scale.withUnsafeBufferPointer { scale in
          bias.withUnsafeBufferPointer { bias in
            sums.withUnsafeBufferPointer { sums in
              residual.withUnsafeBufferPointer { residual in
                let weights = DenseWeights(
                  panels: (isFloat ? floats : levels).baseAddress!, scale: isFloat ? nil : scale.baseAddress,
                  bias: bias.baseAddress!, columnSums: isFloat ? nil : sums.baseAddress)
                context.convolution(
                  plan, input: activations, scales: scales, weights: weights,
                  residual: shape.hasResidual ? .float(residual.baseAddress!) : nil,
                  epilogue: Epilogue(clamp: shape.clamp), output: output.pointer)
              }
            }
          }
        }
      }
    }
    return (output.values, output.guardsAreIntact)
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
              let (sy, sx) = (y * shape.stride - shape.top + ky, x * shape.stride - shape.left + kx)
              guard sy >= 0, sy < shape.height, sx >= 0, sx < shape.width else { continue }
              for c in 0..<shape.channels {
                let weight = rows[((n * shape.kernel + ky) * shape.kernel + kx) * shape.channels + c]
                sum += Double(input[(sy * shape.width + sx) * shape.channels + c]) * Double(weight)
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
    let reduction = Float(shape.kernel * shape.kernel * shape.channels)
    let tolerance = 32 * Float.ulpOfOne * reduction.squareRoot()
    for context in [referenceContext] + contexts {
      let (output, guardsAreIntact) = data.run(context, isFloat: true)
      #expect(guardsAreIntact)
      #expect(largestError(output, expected) < tolerance, "\(context.kernels.tier), \(context.pool.threads) threads")
    }
  }

  @Test(arguments: ConvolutionCase.all) func int8ReferenceStaysWithinOneQuantizationStep(_ shape: ConvolutionCase) {
    let data = ConvolutionData(shape)
    let expected = data.expected
    let output = data.run(referenceContext, isFloat: false).output
    // Each activation is off by at most half a level of (at most) 2 / 127; errors add up like a random walk, 6 sigma.
    let reduction = Float(shape.kernel * shape.kernel * shape.channels)
    let activationError: Float = (shape.isSigned ? 2 / 127 : 2 / 255) / 3.46
    let weight: Float = 127 / 1.73 * 0.01
    let tolerance = 6 * activationError * weight * reduction.squareRoot()
    #expect(largestError(output, expected) < tolerance)
  }

  @Test(arguments: ConvolutionCase.all) func int8TiersEqualTheReference(_ shape: ConvolutionCase) {
    let data = ConvolutionData(shape)
    // Int32 sums are exact; only the Float accumulation over blocks may round differently.
    let tolerance = 4 * Float.ulpOfOne * Float(shape.layout.blocks + 2)
    for context in contexts {
      let expected = data.run(context.reference, isFloat: false).output
      let (output, guardsAreIntact) = data.run(context, isFloat: false)
      #expect(guardsAreIntact)
      #expect(largestError(output, expected) < tolerance, "\(context.kernels.tier), \(context.pool.threads) threads")
    }
  }

  @Test func threadsDoNotChangeABit() {
    let data = ConvolutionData(ConvolutionCase.all[6])
    for tier in CPUTier.available {
      let one = data.run(ExecutionContext(tier: tier, threads: 1), isFloat: false).output
      let four = data.run(ExecutionContext(tier: tier, threads: 4), isFloat: false).output
      #expect(one == four)
    }
  }
}
