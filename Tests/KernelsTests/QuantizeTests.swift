import Kernels
import Testing

@Suite struct QuantizeTests {
  struct Form: Sendable {
    var form: PreparedInput
    static let all: [Form] = [
      (1, 1, 1), (3, 5, 3), (2, 2, 17), (4, 3, 64), (2, 3, 256), (2, 2, 300), (1, 2, 1000),
    ].flatMap { height, width, channels in
      let elements: [PreparedInput.Element] = [
        .quantized(isSigned: true), .quantized(isSigned: false), .quantizedWithOneScale(isSigned: true),
        .quantizedWithOneScale(isSigned: false),
      ]
      return elements.map {
        Form(
          form: PreparedInput(
            element: $0, height: height, width: width, channels: channels, top: 1, left: 2, bottom: 3, right: 1))
      }
    }
  }

  /// Levels as plain integers around zero, whatever the tier stores, and the scales.
  private func levels(_ context: ExecutionContext, _ form: PreparedInput, _ input: [Float]) -> ([Int], [Float]) {
    let format = context.kernels.activationFormat
    let bytes = form.byteCount(format)
    let output = UnsafeMutablePointer<UInt8>.allocate(capacity: bytes + 1)
    defer { output.deallocate() }
    output[bytes] = 0xA5
    var scales = [Float](repeating: .nan, count: form.scaleCount)
    context.prepare(input, as: form, into: output, scales: &scales)
    #expect(output[bytes] == 0xA5)
    let isSigned = [.quantized(isSigned: true), .quantizedWithOneScale(isSigned: true)].contains(form.element)
    let zero = format.zeroPoint(isSigned: isSigned)
    let isSignedByte = format == .signedEightBits
    return (
      (0..<bytes).map { Int((isSignedByte ? Int32(Int8(bitPattern: output[$0])) : Int32(output[$0])) - zero) }, scales
    )
  }

  @Test(arguments: Form.all) func tiersEqualTheReference(_ form: Form) {
    let form = form.form
    let isSigned = [.quantized(isSigned: true), .quantizedWithOneScale(isSigned: true)].contains(form.element)
    var input = randomFloats(form.height * form.width * form.channels, in: isSigned ? -3...3 : 0...3, seed: 9)
    input[0] = 0
    for context in contexts {
      let (expected, expectedScales) = levels(context.reference, form, input)
      let (levels, scales) = levels(context, form, input)
      #expect(levels == expected, "\(context.kernels.tier)")
      #expect(scales == expectedScales, "\(context.kernels.tier)")
    }
  }

  @Test func levelsUseTheWholeRange() {
    let form = PreparedInput(element: .quantized(isSigned: false), height: 1, width: 1, channels: 4)
    #expect(levels(referenceContext, form, [0, 0.4, 0.8, 2]).0 == [0, 51, 102, 255])
    let signed = PreparedInput(element: .quantized(isSigned: true), height: 1, width: 1, channels: 4)
    #expect(levels(referenceContext, signed, [-2, 1, 0.5, 2]).0 == [-127, 64, 32, 127])
  }

  @Test func zerosHaveScaleZero() {
    let form = PreparedInput(element: .quantized(isSigned: true), height: 1, width: 1, channels: 20)
    for context in [referenceContext] + contexts {
      let (levels, scales) = levels(context, form, [Float](repeating: 0, count: 20))
      #expect(levels.allSatisfy { $0 == 0 } && scales == [0])
    }
  }

  @Test func pixelsAreExact() {
    let (mean, std): ([Float], [Float]) = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    let form = PreparedInput(
      element: .pixels(PixelLevels(mean: mean, std: std)), height: 16, width: 16, channels: 3, top: 1, left: 2,
      bottom: 0,
      right: 1)
    let pixels = (0..<256).flatMap { [$0, 255 - $0, ($0 * 7) % 256] }
    let input = pixels.indices.map { (Float(pixels[$0]) / 255 - mean[$0 % 3]) / std[$0 % 3] }
    for context in [referenceContext] + contexts {
      let (levels, scales) = levels(context, form, input)
      #expect(scales == [1])
      for y in 0..<17 {
        for x in 0..<19 {
          let stored = pixel(y * 19 + x, levels, context)
          let isInside = y >= 1 && x >= 2 && x < 18
          let expected =
            isInside ? Array(pixels[((y - 1) * 16 + x - 2) * 3..<((y - 1) * 16 + x - 2) * 3 + 3]) : [124, 116, 104]
          #expect(stored == expected, "\(context.kernels.tier) \(y) \(x)")
        }
      }
    }
  }

  @Test func pixelsSurviveWhatIsNotANumber() {
    let form = PreparedInput(
      element: .pixels(PixelLevels(mean: [0, 0, 0], std: [1, 1, 1])), height: 1, width: 1, channels: 3)
    for context in [referenceContext] + contexts {
      let levels = levels(context, form, [.nan, .infinity, -.infinity]).0
      #expect(pixel(0, levels, context) == [0, 255, 0])
    }
  }

  /// The channels of a pixel, of words of 16 bits in the order 0 2 1 3 where the format has those.
  private func pixel(_ index: Int, _ levels: [Int], _ context: ExecutionContext) -> [Int] {
    guard context.kernels.activationFormat.hasPixelWords else { return (0..<3).map { levels[4 * index + $0] } }
    return [0, 2, 1].map { levels[8 * index + 2 * $0] + 256 * levels[8 * index + 2 * $0 + 1] }
  }
}
