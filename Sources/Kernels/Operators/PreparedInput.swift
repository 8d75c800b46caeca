import CShim

/// An activation tensor made ready for convolutions: quantized or kept in Float, channels filled up to whole groups of 4,
/// zero padding physically around it, so that no kernel ever tests for an edge.
public struct PreparedInput: Sendable, Equatable {
  public enum Element: Sendable, Equatable {
    /// Levels with one scale per pixel and block of 256 channels.
    case quantized(isSigned: Bool)
    /// Levels with one scale for the whole tensor.
    case quantizedWithOneScale(isSigned: Bool)
    case float
    /// The upper half of a Float, rounded to the nearest, ties to even.
    case bfloat16
    /// The pixels, 0...255, that a normalised picture was made of: exact levels with one scale of 1.
    case pixels(PixelLevels)
  }

  public var element: Element
  /// One after the other; several have Floats or bf16.
  public var images: Int
  public var height, width, channels: Int
  public var top, left, bottom, right: Int

  public init(
    element: Element, images: Int = 1, height: Int, width: Int, channels: Int, top: Int = 0, left: Int = 0,
    bottom: Int = 0,
    right: Int = 0
  ) {
    (self.element, self.images) = (element, images)
    (self.height, self.width, self.channels) = (height, width, channels)
    (self.top, self.left, self.bottom, self.right) = (top, left, bottom, right)
  }

  public var paddedHeight: Int { top + height + bottom }
  public var paddedWidth: Int { left + width + right }
  /// Of one image.
  var paddedPixels: Int { paddedHeight * paddedWidth }
  var storedChannels: Int { PanelLayout.groups(channels) * PanelLayout.group }
  /// Scales per pixel; 0 where pixels share a scale.
  var blocks: Int {
    if case .quantized = element { PanelLayout.blocks(channels) } else { 0 }
  }

  var isSigned: Bool {
    switch element {
    case .quantized(let isSigned), .quantizedWithOneScale(let isSigned): isSigned
    case .float, .bfloat16, .pixels: false
    }
  }

  var elementSize: Int {
    switch element {
    case .float: MemoryLayout<Float>.size
    case .bfloat16: MemoryLayout<UInt16>.size
    case .quantized, .quantizedWithOneScale, .pixels: 1
    }
  }

  /// Bytes of all channels of a pixel.
  func pixelBytes(_ format: ActivationFormat) -> Int {
    storedChannels * (hasWords(format) ? MemoryLayout<UInt16>.size : elementSize)
  }

  /// Whether levels are words, for kernels whose bytes have too few bits for them.
  func hasWords(_ format: ActivationFormat) -> Bool {
    if case .pixels = element { format.hasPixelWords } else { false }
  }

  /// Bytes of the levels or Floats.
  public func byteCount(_ format: ActivationFormat) -> Int { images * paddedPixels * pixelBytes(format) }

  /// Floats of the scales.
  public var scaleCount: Int {
    switch element {
    case .float, .bfloat16: 0
    case .quantized: paddedPixels * blocks
    case .quantizedWithOneScale, .pixels: 1
    }
  }

  /// True if the levels can serve as a residual: never negative, so that all eight bits are the value's, and not padded.
  public var isResidual: Bool { element == .quantized(isSigned: false) && paddedPixels == height * width }

  /// True if a Float tensor as it is already has this form.
  public var isPlain: Bool { element == .float && paddedPixels == height * width && storedChannels == channels }
}

/// How normalised values are turned back into the pixels 0...255 of up to three channels: `value * scale + offset`.
public struct PixelLevels: Sendable, Equatable {
  public var scale, offset: SIMD4<Float>

  /// - Parameters:
  ///   - mean: of pixels in 0...1, one to three values.
  ///   - std: as many.
  public init(mean: [Float], std: [Float]) {
    (scale, offset) = (.zero, .zero)
    for (channel, statistics) in zip(mean, std).enumerated() {
      offset[channel] = statistics.0 * 255
      scale[channel] = statistics.1 * 255
    }
  }
}

extension ExecutionContext {
  /// Writes `input`, Float `[images, height, width, channels]`, in the prepared form.
  ///
  /// - Parameter scales: as many as the form has.
  public func prepare(
    _ input: UnsafePointer<Float>, as form: PreparedInput, into output: UnsafeMutableRawPointer,
    scales: UnsafeMutablePointer<Float>?
  ) {
    let grain = max(1, 16384 / max(1, form.paddedWidth * form.channels))
    switch form.element {
    case .float, .bfloat16:
      forEachRange(count: form.images * form.paddedHeight, grain: grain) { rows in
        for row in rows { prepareRow(row, input, form, output) }
      }
    case .pixels(let levels):
      scales?[0] = 1
      forEachRange(count: form.paddedHeight, grain: grain) { rows in
        writePixels(rows, input, form, levels, output.assumingMemoryBound(to: UInt8.self))
      }
    case .quantized, .quantizedWithOneScale:
      guard let scales else { preconditionFailure("levels have scales") }
      if case .quantizedWithOneScale = form.element {
        let largest = kernels.functions.largestMagnitude(input, form.height * form.width * form.channels)
        // A tensor of zeros: any positive scale serves.
        scales[0] = max(largest / largestLevel(form), .leastNormalMagnitude)
      }
      let target = QuantizedOutput(form: form, levels: output, scales: scales)
      forEachRange(count: form.height, grain: grain) { rows in
        let first = rows.lowerBound * form.width
        quantize(
          input + first * form.channels, stride: form.channels, pixels: first..<rows.upperBound * form.width,
          blocks: 0..<PanelLayout.blocks(form.channels), into: target)
      }
    }
  }

  private func largestLevel(_ form: PreparedInput) -> Float {
    Float(form.isSigned ? kernels.activationFormat.largestSigned : kernels.activationFormat.largestUnsigned)
  }

  /// Quantizes some pixels of a tensor.
  ///
  /// - Parameters:
  ///   - source: first pixel, first channel of the first block.
  ///   - stride: Floats from pixel to pixel.
  ///   - blocks: of 256 channels.
  func quantize(
    _ source: UnsafePointer<Float>, stride: Int, pixels: Range<Int>, blocks: Range<Int>, into target: QuantizedOutput
  ) {
    let form = target.form
    var task = quantize_task(
      input: source, input_stride: stride, height: form.height, width: form.width, channels: form.channels,
      top: form.top, left: form.left, bottom: form.bottom, right: form.right,
      output: target.levels.assumingMemoryBound(to: UInt8.self), channel_stride: form.storedChannels,
      scales: target.scales, blocks: form.blocks, tensor_scale: form.blocks == 0 ? target.scales[0] : 0,
      largest_level: largestLevel(form), zero_point: kernels.activationFormat.zeroPoint(isSigned: form.isSigned),
      first_pixel: pixels.lowerBound, end_pixel: pixels.upperBound, first_block: blocks.lowerBound,
      end_block: blocks.upperBound)
    kernels.functions.quantize(&task)
  }

  private func prepareRow(
    _ row: Int, _ input: UnsafePointer<Float>, _ form: PreparedInput, _ output: UnsafeMutableRawPointer
  ) {
    let (image, y) = row.quotientAndRemainder(dividingBy: form.paddedHeight)
    let pixelBytes = form.storedChannels * form.elementSize
    let rowBytes = form.paddedWidth * pixelBytes
    let target = output + row * rowBytes
    guard y >= form.top, y < form.top + form.height else {
      target.initializeMemory(as: UInt8.self, repeating: 0, count: rowBytes)
      return
    }
    let source = input + (image * form.height + y - form.top) * form.width * form.channels
    let inner = target + form.left * pixelBytes
    target.initializeMemory(as: UInt8.self, repeating: 0, count: form.left * pixelBytes)
    (inner + form.width * pixelBytes).initializeMemory(as: UInt8.self, repeating: 0, count: form.right * pixelBytes)
    if form.storedChannels == form.channels {
      convert(source, form.width * form.channels, inner, to: form.element)
      return
    }
    for x in 0..<form.width {
      let pixel = inner + x * pixelBytes
      pixel.initializeMemory(as: UInt8.self, repeating: 0, count: pixelBytes)
      convert(source + x * form.channels, form.channels, pixel, to: form.element)
    }
  }

  private func convert(
    _ source: UnsafePointer<Float>, _ count: Int, _ target: UnsafeMutableRawPointer, to element: PreparedInput.Element
  ) {
    if element == .bfloat16 {
      kernels.functions.roundToBFloat16(source, target.assumingMemoryBound(to: UInt16.self), count)
    } else {
      target.copyMemory(from: source, byteCount: count * MemoryLayout<Float>.size)
    }
  }

  private func writePixels(
    _ rows: Range<Int>, _ input: UnsafePointer<Float>, _ form: PreparedInput, _ levels: PixelLevels,
    _ output: UnsafeMutablePointer<UInt8>
  ) {
    // Padding is zero after normalisation: the mean pixel.
    let padding = levels.offset + 0.5
    let writer = PixelWriter(kernels.activationFormat)
    let pixelBytes = form.pixelBytes(kernels.activationFormat)
    for y in rows {
      let row = output + y * form.paddedWidth * pixelBytes
      let sourceY = y - form.top
      guard sourceY >= 0, sourceY < form.height else {
        for x in 0..<form.paddedWidth { writer.write(padding, row + x * pixelBytes) }
        continue
      }
      for x in 0..<form.left { writer.write(padding, row + x * pixelBytes) }
      for x in form.left + form.width..<form.paddedWidth {
        writer.write(padding, row + x * pixelBytes)
      }
      let pixels = row + form.left * pixelBytes
      guard form.channels == 3 else {
        let source = input + sourceY * form.width * form.channels
        for x in 0..<form.width {
          var values = SIMD4<Float>.zero
          for c in 0..<form.channels { values[c] = source[x * form.channels + c] }
          writer.write(values * levels.scale + padding, pixels + x * pixelBytes)
        }
        continue
      }
      let source = input + sourceY * form.width * 3
      // The fourth value is the next pixel's, whose scale is zero; behind the last pixel there is none.
      let last = form.width - 1
      let followed = sourceY == form.height - 1 ? last : form.width
      for x in 0..<followed {
        let values = UnsafeRawPointer(source).loadUnaligned(fromByteOffset: x * 12, as: SIMD4<Float>.self)
        writer.write(values * levels.scale + padding, pixels + x * pixelBytes)
      }
      if followed == last {
        let values = SIMD4(source[3 * last], source[3 * last + 1], source[3 * last + 2], 0)
        writer.write(values * levels.scale + padding, pixels + last * pixelBytes)
      }
    }
  }
}

/// Writes the levels of single pixels.
private struct PixelWriter {
  private let zeroPoint: Int32
  private let hasWords: Bool

  init(_ format: ActivationFormat) {
    (zeroPoint, hasWords) = (format.zeroPoint(isSigned: false), format.hasPixelWords)
  }

  @inline(__always) func write(_ value: SIMD4<Float>, _ pixel: UnsafeMutablePointer<UInt8>) {
    // Comparisons that send what is not a number to zero.
    let limited = value.replacing(with: 255, where: value .> 255)
    let positive = SIMD4<Float>.zero.replacing(with: limited, where: limited .> 0)
    var level = SIMD4<Int32>()
    for c in 0..<4 { level[c] = Int32(positive[c]) }
    let target = UnsafeMutableRawPointer(pixel)
    if hasWords {
      let words = SIMD4<UInt16>(truncatingIfNeeded: SIMD4(level[0], level[2], level[1], level[3]))
      target.storeBytes(of: words, as: SIMD4<UInt16>.self)
    } else {
      var bytes = SIMD4<UInt8>()
      for c in 0..<4 { bytes[c] = UInt8(truncatingIfNeeded: level[c] &+ zeroPoint) }
      target.storeBytes(of: bytes, as: SIMD4<UInt8>.self)
    }
  }
}

/// Where an operator writes the quantized form of its result.
public struct QuantizedOutput: @unchecked Sendable {
  public var form: PreparedInput
  public var levels: UnsafeMutableRawPointer
  public var scales: UnsafeMutablePointer<Float>

  /// - Parameter form: an element that is quantized pixel by pixel or row by row.
  public init(form: PreparedInput, levels: UnsafeMutableRawPointer, scales: UnsafeMutablePointer<Float>) {
    (self.form, self.levels, self.scales) = (form, levels, scales)
  }
}
