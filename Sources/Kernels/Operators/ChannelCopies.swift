// Channels of images, copied as they are.

extension ExecutionContext {
  /// Floats that are worth a chunk of their own.
  private var copyGrain: Int { 32768 }

  /// Images of equal size with their channels one after the other.
  ///
  /// - Parameters:
  ///   - parts: `[rows, width, channels]` each.
  ///   - output: nil where only the quantized form is wanted.
  public func concatenate(
    _ parts: [(values: UnsafePointer<Float>, channels: Int)], rows: Int, width: Int,
    output: UnsafeMutablePointer<Float>?, quantized: QuantizedOutput? = nil
  ) {
    let channels = parts.reduce(0) { $0 + $1.channels }
    forEachBand(
      rows: rows, width: width, channels: channels, grain: max(1, copyGrain / (width * channels)), output: output,
      quantized: quantized
    ) { rows, output in
      for row in rows {
        var target = output + row * width * channels
        for (values, count) in parts {
          let source = values + row * width * count
          for x in 0..<width { (target + x * channels).update(from: source + x * count, count: count) }
          target += count
        }
      }
    }
  }

  /// `count` of the channels of every pixel, from `first` on.
  ///
  /// - Parameter input: `[pixels, channels]`.
  public func extractChannels(
    _ input: UnsafePointer<Float>, pixels: Int, channels: Int, first: Int, count: Int,
    output: UnsafeMutablePointer<Float>
  ) {
    forEachRange(count: pixels, grain: max(1, copyGrain / count)) { pixels in
      for pixel in pixels {
        (output + pixel * count).update(from: input + pixel * channels + first, count: count)
      }
    }
  }
}
