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
    /// The pixels, 0...255, that a normalised picture was made of: exact levels with one scale of 1.
    case pixels(PixelLevels)
  }

  public var element: Element
  public var height, width, channels: Int
  public var top, left, bottom, right: Int

  public init(
    element: Element, height: Int, width: Int, channels: Int, top: Int = 0, left: Int = 0, bottom: Int = 0,
    right: Int = 0
  ) {
    self.element = element
    (self.height, self.width, self.channels) = (height, width, channels)
    (self.top, self.left, self.bottom, self.right) = (top, left, bottom, right)
  }

  public var paddedHeight: Int { top + height + bottom }
  public var paddedWidth: Int { left + width + right }
  var paddedPixels: Int { paddedHeight * paddedWidth }
  var storedChannels: Int { PanelLayout.groups(channels) * PanelLayout.group }
  /// Scales per pixel; 0 where one scale serves all.
  var blocks: Int {
    if case .quantized = element { PanelLayout.blocks(channels) } else { 0 }
  }

  var isSigned: Bool {
    switch element {
    case .quantized(let isSigned), .quantizedWithOneScale(let isSigned): isSigned
    case .float, .pixels: false
    }
  }

  func elementSize(_ format: ActivationFormat) -> Int { element == .float ? MemoryLayout<Float>.size : format.size }

  /// Bytes of the levels or Floats.
  public func byteCount(_ format: ActivationFormat) -> Int { paddedPixels * storedChannels * elementSize(format) }

  /// Floats of the scales.
  public var scaleCount: Int { element == .float ? 0 : max(1, paddedPixels * blocks) }

  /// True if a Float tensor as it is already has this form.
  public var isPlain: Bool { element == .float && paddedPixels == height * width && storedChannels == channels }
}

/// How normalised values are turned back into the pixels 0...255 of red, green and blue: `value * scale + offset`.
public struct PixelLevels: Sendable, Equatable {
  public var scale, offset: SIMD4<Float>

  /// - Parameters:
  ///   - mean: of pixels in 0...1, three values.
  ///   - std: three values.
  public init(mean: [Float], std: [Float]) {
    scale = SIMD4(std[0], std[1], std[2], 0) * 255
    offset = SIMD4(mean[0], mean[1], mean[2], 0) * 255
  }
}

extension ExecutionContext {
  /// Writes `input`, Float `[height, width, channels]`, in the prepared form.
  public func prepare(
    _ input: UnsafePointer<Float>, as form: PreparedInput, into output: UnsafeMutableRawPointer,
    scales: UnsafeMutablePointer<Float>
  ) {
    let grain = max(1, 16384 / max(1, form.paddedWidth * form.channels))
    switch form.element {
    case .float:
      forEachRange(count: form.paddedHeight, grain: grain) { rows in
        padFloatRows(rows, input, form, output.assumingMemoryBound(to: Float.self))
      }
    case .pixels(let levels):
      scales[0] = 1
      forEachRange(count: form.paddedHeight, grain: grain) { rows in
        switch kernels.activationFormat {
        case .bytes:
          writePixels(rows, input, form, levels, output.assumingMemoryBound(to: UInt8.self), SIMD4(0, 1, 2, 3))
        case .signedBytes:
          writePixels(rows, input, form, levels, output.assumingMemoryBound(to: Int8.self), SIMD4(0, 1, 2, 3))
        case .int16Pairs:
          writePixels(rows, input, form, levels, output.assumingMemoryBound(to: Int16.self), SIMD4(0, 2, 1, 3))
        }
      }
    case .quantized(let isSigned), .quantizedWithOneScale(let isSigned):
      var task = quantize_task(
        input: input, height: form.height, width: form.width, channels: form.channels, top: form.top, left: form.left,
        bottom: form.bottom, right: form.right, output: output, scales: scales,
        blocks: PanelLayout.blocks(form.channels),
        is_signed: isSigned ? 1 : 0, tensor_scale: 0, channel_stride: form.storedChannels, first_row: 0,
        end_row: form.paddedHeight)
      if form.blocks == 0 {
        let largest = kernels.largestMagnitude(input, form.height * form.width * form.channels)
        // A tensor of zeros: any positive scale serves.
        task.tensor_scale = max(largest / (isSigned ? 127 : 255), .leastNormalMagnitude)
        scales[0] = task.tensor_scale
      }
      forEachRange(count: form.paddedHeight, grain: grain) { [task] rows in
        var part = task
        part.first_row = rows.lowerBound
        part.end_row = rows.upperBound
        kernels.quantize(&part)
      }
    }
  }

  private func padFloatRows(
    _ rows: Range<Int>, _ input: UnsafePointer<Float>, _ form: PreparedInput, _ output: UnsafeMutablePointer<Float>
  ) {
    for y in rows {
      let row = output + y * form.paddedWidth * form.storedChannels
      row.update(repeating: 0, count: form.paddedWidth * form.storedChannels)
      guard y >= form.top, y < form.top + form.height else { continue }
      for x in 0..<form.width {
        let source = input + ((y - form.top) * form.width + x) * form.channels
        (row + (form.left + x) * form.storedChannels).update(from: source, count: form.channels)
      }
    }
  }

  /// - Parameter positions: where the elements of a group of four lie in memory.
  private func writePixels<Level: FixedWidthInteger>(
    _ rows: Range<Int>, _ input: UnsafePointer<Float>, _ form: PreparedInput, _ levels: PixelLevels,
    _ output: UnsafeMutablePointer<Level>, _ positions: SIMD4<Int>
  ) {
    // Padding is zero after normalisation: the mean pixel.
    let padding = levels.offset + 0.5
    let zeroPoint = kernels.activationFormat.zeroPoint(isSigned: false)
    for y in rows {
      for x in 0..<form.paddedWidth {
        let pixel = output + (y * form.paddedWidth + x) * PanelLayout.group
        let (sourceY, sourceX) = (y - form.top, x - form.left)
        let isInside = sourceY >= 0 && sourceY < form.height && sourceX >= 0 && sourceX < form.width
        let source = input + (isInside ? (sourceY * form.width + sourceX) * form.channels : 0)
        for c in 0..<PanelLayout.group {
          let value = isInside && c < 3 ? source[c] * levels.scale[c] + levels.offset[c] + 0.5 : padding[c]
          // Comparisons that send what is not a number to zero.
          let level = value > 0 ? value < 255 ? value : 255 : 0
          pixel[positions[c]] = Level(truncatingIfNeeded: Int32(level) &+ zeroPoint)
        }
      }
    }
  }
}
