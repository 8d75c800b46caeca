// Global response normalization of images.

extension ExecutionContext {
  /// `x * (1 + weight * n) + bias`, with `n = g / (mean + epsilon)`: `g` is the Euclidean norm of a channel's pixels, `mean`
  /// that of all channels' norms.
  ///
  /// - Parameters:
  ///   - input: `[height, width, channels]`.
  ///   - factors: scratch of `channels` values.
  ///   - output: nil where only the quantized form is wanted.
  public func responseNorm(
    _ input: UnsafePointer<Float>, height: Int, width: Int, channels: Int, epsilon: Float,
    weight: UnsafePointer<Float>, bias: UnsafePointer<Float>, factors: UnsafeMutablePointer<Float>,
    output: UnsafeMutablePointer<Float>?, quantized: QuantizedOutput? = nil
  ) {
    channelNorms(input, pixels: height * width, channels: channels, into: factors)
    let scale = 1 / (mean(factors, channels) + epsilon)
    for c in 0..<channels { factors[c] = 1 + weight[c] * factors[c] * scale }
    let rowFloats = width * channels
    forEachBand(
      rows: height, width: width, channels: channels, grain: max(1, 16384 / rowFloats), output: output,
      quantized: quantized
    ) { rows, output in
      for pixel in rows.lowerBound * width..<rows.upperBound * width {
        let (x, y) = (input + pixel * channels, output + pixel * channels)
        for c in 0..<channels { y[c] = x[c] * factors[c] + bias[c] }
      }
    }
  }

  /// The gradient of its input.
  ///
  /// With `s = sum over pixels of gradient * x * weight`, the gradient of a channel's norm is
  /// `(s - sum over channels of s n / channels) / (mean + epsilon)`, and `x / g` times that comes to the pixels.
  ///
  /// - Parameter scratch: three times `channels` values.
  public func responseNormGradient(
    _ gradient: UnsafePointer<Float>, input: UnsafePointer<Float>, pixels: Int, channels: Int, epsilon: Float,
    weight: UnsafePointer<Float>, scratch: UnsafeMutablePointer<Float>, result: UnsafeMutablePointer<Float>
  ) {
    let (norms, sums, factors) = (scratch, scratch + channels, scratch + 2 * channels)
    channelNorms(input, pixels: pixels, channels: channels, into: norms)
    let scale = 1 / (mean(norms, channels) + epsilon)
    sums.update(repeating: 0, count: channels)
    for pixel in 0..<pixels {
      let (g, x) = (gradient + pixel * channels, input + pixel * channels)
      for c in 0..<channels { sums[c] += g[c] * x[c] }
    }
    var shared: Float = 0
    for c in 0..<channels {
      sums[c] *= weight[c]
      shared += sums[c] * norms[c] * scale
      factors[c] = 1 + weight[c] * norms[c] * scale
    }
    shared /= Float(channels)
    // A channel of zeros has no direction in which its norm would grow.
    for c in 0..<channels { sums[c] = norms[c] > 0 ? (sums[c] - shared) * scale / norms[c] : 0 }
    forEachRange(count: pixels, grain: max(1, 16384 / channels)) { pixels in
      for pixel in pixels {
        let (g, x, y) = (gradient + pixel * channels, input + pixel * channels, result + pixel * channels)
        for c in 0..<channels { y[c] = g[c] * factors[c] + x[c] * sums[c] }
      }
    }
  }

  private func channelNorms(
    _ input: UnsafePointer<Float>, pixels: Int, channels: Int, into norms: UnsafeMutablePointer<Float>
  ) {
    // Whole cache lines of channels per chunk.
    forEachRange(count: (channels + 63) / 64, grain: max(1, 1000 / pixels)) { parts in
      let part = parts.lowerBound * 64..<min(channels, parts.upperBound * 64)
      for c in part { norms[c] = 0 }
      for pixel in 0..<pixels {
        let x = input + pixel * channels
        for c in part { norms[c] += x[c] * x[c] }
      }
      for c in part { norms[c] = norms[c].squareRoot() }
    }
  }

  private func mean(_ values: UnsafePointer<Float>, _ count: Int) -> Float {
    var sum: Float = 0
    for i in 0..<count { sum += values[i] }
    return sum / Float(count)
  }
}
