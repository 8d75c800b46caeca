// Input gradients of the operators between the multiplications, shared out over the threads. Each result may overwrite the
// gradient that it is made from, except where windows are involved.

import CShim

extension ExecutionContext {
  /// The gradient where the clamped output lies strictly between the bounds, or else 0.
  public func clampGradient(
    _ gradient: UnsafePointer<Float>, output: UnsafePointer<Float>, clamp: Clamp,
    result: UnsafeMutablePointer<Float>, count: Int
  ) {
    forEachRange(count: count, grain: 32768) { part in
      let i = part.lowerBound
      kernels.functions.clampGradient(gradient + i, output + i, result + i, part.count, clamp.lower, clamp.upper)
    }
  }

  /// - Parameter input: `[rows, channels]`, what was normalised.
  public func layerNormGradient(
    _ gradient: UnsafePointer<Float>, input: UnsafePointer<Float>, rows: Int, channels: Int, epsilon: Float,
    weight: UnsafePointer<Float>, result: UnsafeMutablePointer<Float>
  ) {
    forEachRange(count: rows, grain: max(1, 16384 / channels)) { part in
      let first = part.lowerBound * channels
      kernels.functions.layerNormGradient(
        gradient + first, input + first, part.count, channels, epsilon, weight, result + first)
    }
  }

  /// - Parameters:
  ///   - input: `[images, height, width, channels]`; `output` and `gradient` have the output's shape.
  ///   - result: of the input's shape.
  public func maxPoolGradient(
    images: Int, _ g: WindowGeometry, input: UnsafePointer<Float>, output: UnsafePointer<Float>,
    gradient: UnsafePointer<Float>, result: UnsafeMutablePointer<Float>
  ) {
    let parts = (g.channels + 63) / 64
    let (inputCount, outputCount) = (g.height * g.width * g.channels, g.outputHeight * g.outputWidth * g.channels)
    pool.run(chunks: images * parts) { chunk in
      let (image, part) = chunk.quotientAndRemainder(dividingBy: parts)
      var task = max_pool_gradient_task(
        window: g.shape, input: input + image * inputCount, output: output + image * outputCount,
        gradient: gradient + image * outputCount, result: result + image * inputCount, first_channel: part * 64,
        end_channel: min(g.channels, part * 64 + 64))
      kernels.functions.maxPoolGradient(&task)
    }
  }

  /// - Parameters:
  ///   - weights: `[taps, channels rounded up to 16]`.
  ///   - result: `[images, height, width, channels]`.
  public func depthwiseGradient(
    images: Int, _ g: WindowGeometry, weights: UnsafePointer<Float>, gradient: UnsafePointer<Float>,
    result: UnsafeMutablePointer<Float>
  ) {
    let outputCount = g.outputHeight * g.outputWidth * g.channels
    forEachRow(images: images, g) { image, rows in
      var task = depthwise_gradient_task(
        window: g.shape, weights: weights, gradient: gradient + image * outputCount,
        result: result + image * g.height * g.width * g.channels, first_row: rows.lowerBound, end_row: rows.upperBound)
      kernels.functions.depthwiseGradient(&task)
    }
  }

  /// - Parameters:
  ///   - countsPadding: as in the forward pass.
  ///   - gradient: of the output's shape.
  ///   - result: `[images, height, width, channels]`.
  public func averagePoolGradient(
    images: Int, _ g: WindowGeometry, countsPadding: Bool, gradient: UnsafePointer<Float>,
    result: UnsafeMutablePointer<Float>
  ) {
    let outputCount = g.outputHeight * g.outputWidth * g.channels
    forEachRow(images: images, g) { image, rows in
      var task = average_pool_gradient_task(
        window: g.shape, gradient: gradient + image * outputCount,
        result: result + image * g.height * g.width * g.channels, counts_padding: countsPadding ? 1 : 0,
        first_row: rows.lowerBound, end_row: rows.upperBound)
      kernels.functions.averagePoolGradient(&task)
    }
  }

  /// Every pixel gets its image's gradient divided by the number of pixels.
  public func globalAveragePoolGradient(
    images: Int, pixels: Int, channels: Int, gradient: UnsafePointer<Float>, result: UnsafeMutablePointer<Float>
  ) {
    let share = 1 / Float(pixels)
    pool.run(chunks: images) { image in
      let source = gradient + image * channels
      for pixel in 0..<pixels {
        let row = result + (image * pixels + pixel) * channels
        for c in 0..<channels { row[c] = source[c] * share }
      }
    }
  }

  /// The transpose of `bilinear`: spreads the gradient of an enlarged plane over the small one.
  public func bilinearGradient(
    _ gradient: UnsafePointer<Float>, height: Int, width: Int, outputHeight: Int, outputWidth: Int,
    result: UnsafeMutablePointer<Float>
  ) {
    var task = bilinear_task(
      input: nil, height: height, width: width, output: UnsafeMutablePointer(mutating: gradient),
      output_height: outputHeight, output_width: outputWidth, accumulate: 0)
    kernels.functions.bilinearGradient(&task, result)
  }
}
