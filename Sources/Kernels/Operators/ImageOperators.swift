// Pooling and element-wise operators, shared out over the threads.

import CShim

/// Geometry of a window that slides over an image; padding is implied by what lies outside.
public struct WindowGeometry: Sendable, Equatable {
  public var height, width, channels: Int
  public var kernelHeight, kernelWidth: Int
  /// Pixels from tap to tap.
  public var dilationHeight, dilationWidth: Int
  public var stride, top, left: Int
  public var outputHeight, outputWidth: Int

  public init(
    height: Int, width: Int, channels: Int, kernelHeight: Int, kernelWidth: Int, dilationHeight: Int = 1,
    dilationWidth: Int = 1, stride: Int, top: Int, left: Int, outputHeight: Int, outputWidth: Int
  ) {
    (self.height, self.width, self.channels) = (height, width, channels)
    (self.kernelHeight, self.kernelWidth) = (kernelHeight, kernelWidth)
    (self.dilationHeight, self.dilationWidth) = (dilationHeight, dilationWidth)
    (self.stride, self.top, self.left) = (stride, top, left)
    (self.outputHeight, self.outputWidth) = (outputHeight, outputWidth)
  }

  /// Elements of one image.
  public var inputCount: Int { height * width * channels }
  public var outputCount: Int { outputHeight * outputWidth * channels }

  /// Output rows that are worth a chunk of their own.
  fileprivate var grain: Int { max(1, 60_000 / max(1, outputWidth * channels * kernelHeight * kernelWidth)) }
}

extension ExecutionContext {
  /// Maximum over each window; padding never wins.
  ///
  /// - Parameter output: nil where only the quantized form is wanted.
  public func maxPool(
    _ g: WindowGeometry, input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>?,
    quantized: QuantizedOutput? = nil
  ) {
    slide(g, input: input, output: output, quantized: quantized) { kernels.functions.maxPool($0) }
  }

  /// Mean over each window.
  ///
  /// - Parameters:
  ///   - countsPadding: whether padding counts as pixels of 0.
  ///   - output: nil where only the quantized form is wanted.
  public func averagePool(
    _ g: WindowGeometry, countsPadding: Bool, input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>?,
    quantized: QuantizedOutput? = nil
  ) {
    slide(g, input: input, output: output, quantized: quantized) {
      kernels.functions.averagePool($0, countsPadding ? 1 : 0)
    }
  }

  private func slide(
    _ g: WindowGeometry, input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>?,
    quantized: QuantizedOutput?, _ kernel: (UnsafePointer<pool_task>) -> Void
  ) {
    require(g.dilationHeight == 1 && g.dilationWidth == 1, "a window without gaps")
    forEachBand(
      rows: g.outputHeight, width: g.outputWidth, channels: g.channels, grain: g.grain, output: output,
      quantized: quantized
    ) { rows, output in
      var task = pool_task(
        input: input, height: g.height, width: g.width, channels: g.channels, kernel_height: g.kernelHeight,
        kernel_width: g.kernelWidth, stride: g.stride, top: g.top, left: g.left, output: output,
        output_height: g.outputHeight, output_width: g.outputWidth, first_row: rows.lowerBound, end_row: rows.upperBound
      )
      kernel(&task)
    }
  }

  /// Calls `body` for bands of output rows with the output's first row, and quantizes every band while it is in the cache.
  ///
  /// - Parameter grain: rows that are worth a chunk of their own.
  func forEachBand(
    rows: Int, width: Int, channels: Int, grain: Int, output: UnsafeMutablePointer<Float>?,
    quantized: QuantizedOutput?, _ body: (Range<Int>, UnsafeMutablePointer<Float>) -> Void
  ) {
    let rowFloats = width * channels
    // 64 KB of Floats: half of a small L2 cache.
    let cached = max(1, 16384 / rowFloats)
    forEachRange(count: rows, grain: grain) { rows in
      guard let quantized else { return output.map { body(rows, $0) } ?? () }
      let scratchFloats = output == nil ? min(cached, rows.count) * rowFloats : 0
      let scratch = threadScratch(scratchFloats * MemoryLayout<Float>.size).assumingMemoryBound(to: Float.self)
      for first in stride(from: rows.lowerBound, to: rows.upperBound, by: cached) {
        let band = first..<min(rows.upperBound, first + cached)
        let base = output ?? scratch - first * rowFloats
        body(band, base)
        quantize(
          base + first * rowFloats, stride: channels, pixels: first * width..<band.upperBound * width,
          blocks: 0..<PanelLayout.blocks(channels), into: quantized)
      }
    }
  }

  /// Mean over all pixels of `[pixels, channels]`.
  public func globalAveragePool(
    _ input: UnsafePointer<Float>, pixels: Int, channels: Int, output: UnsafeMutablePointer<Float>
  ) {
    // Whole vectors of channels per chunk.
    forEachRange(count: (channels + 63) / 64, grain: max(1, 1000 / pixels)) { parts in
      kernels.functions.globalAveragePool(
        input, pixels, channels, output, parts.lowerBound * 64, min(channels, parts.upperBound * 64))
    }
  }

  /// `output = clamp(a + b)`; `b` may be nil.
  public func add(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>?, clamp: Clamp, output: UnsafeMutablePointer<Float>, count: Int
  ) {
    forEachRange(count: count, grain: 32768) { range in
      let i = range.lowerBound
      kernels.functions.addClamped(a + i, b.map { $0 + i }, output + i, range.count, clamp.lower, clamp.upper)
    }
  }

  /// `values = exp(values) / Σ exp(values)`, in place.
  public func softmax(_ values: UnsafeMutablePointer<Float>, count: Int) { kernels.functions.softmax(values, count) }

  /// `output[p] = Σ_c input[p, c] * row[c]`.
  public func project(
    _ input: UnsafePointer<Float>, pixels: Int, channels: Int, row: UnsafePointer<Float>,
    output: UnsafeMutablePointer<Float>
  ) {
    for pixel in 0..<pixels { output[pixel] = kernels.functions.dot(input + pixel * channels, row, channels) }
  }

  /// Resamples one plane bilinearly (half-pixel centres) and writes or adds it to the output.
  public func bilinear(
    _ input: UnsafePointer<Float>, height: Int, width: Int, output: UnsafeMutablePointer<Float>, outputHeight: Int,
    outputWidth: Int, accumulate: Bool = false
  ) {
    var task = bilinear_task(
      input: input, height: height, width: width, output: output, output_height: outputHeight,
      output_width: outputWidth,
      accumulate: accumulate ? 1 : 0)
    kernels.functions.bilinear(&task)
  }
}
