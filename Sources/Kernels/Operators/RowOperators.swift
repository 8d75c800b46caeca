// Operators on rows of channels, shared out over the threads.

import CShim

extension ExecutionContext {
  /// Calls `body` for some rows at a time with where the first one's result goes, and quantizes them while they are in the
  /// cache.
  ///
  /// - Parameter output: nil where only the quantized form is wanted.
  func forEachRows(
    _ rows: Int, channels: Int, output: UnsafeMutablePointer<Float>?, quantized: QuantizedOutput?,
    _ body: (Range<Int>, UnsafeMutablePointer<Float>) -> Void
  ) {
    // 16 KB of Floats at a time: they are still in the L1 cache when they are quantized.
    let cached = max(1, 4096 / channels)
    forEachRange(count: rows, grain: max(1, 16384 / channels)) { part in
      let scratchFloats = output == nil ? min(cached, part.count) * channels : 0
      let scratch = threadScratch(scratchFloats * MemoryLayout<Float>.size).assumingMemoryBound(to: Float.self)
      for first in stride(from: part.lowerBound, to: part.upperBound, by: cached) {
        let some = first..<min(first + cached, part.upperBound)
        let target = output.map { $0 + first * channels } ?? scratch
        body(some, target)
        if let quantized {
          quantize(target, stride: channels, pixels: some, blocks: 0..<PanelLayout.blocks(channels), into: quantized)
        }
      }
    }
  }

  /// `output = f(input)`, all `[rows, channels]`; `output` may be `input`.
  ///
  /// - Parameters:
  ///   - epilogue: a clamp or a function.
  ///   - output: nil where only the quantized form is wanted.
  public func activate(
    _ epilogue: Epilogue, _ input: UnsafePointer<Float>, rows: Int, channels: Int,
    output: UnsafeMutablePointer<Float>?, quantized: QuantizedOutput? = nil
  ) {
    let clamp = epilogue.clamp
    forEachRows(rows, channels: channels, output: output, quantized: quantized) { part, target in
      let (values, count) = (input + part.lowerBound * channels, part.count * channels)
      if let function = epilogue.function {
        kernels.functions.activate(function, values, target, count)
      } else {
        kernels.functions.addClamped(values, nil, target, count, clamp.lower, clamp.upper)
      }
    }
  }

  /// `output = input * factors`, all `[rows, channels]`, or with factors `[channels]`; `output` may be `input`.
  ///
  /// - Parameter output: nil where only the quantized form is wanted.
  public func multiply(
    _ input: UnsafePointer<Float>, by factors: UnsafePointer<Float>, hasFactorPerChannel: Bool, rows: Int,
    channels: Int, output: UnsafeMutablePointer<Float>?, quantized: QuantizedOutput? = nil
  ) {
    forEachRows(rows, channels: channels, output: output, quantized: quantized) { part, target in
      let i = part.lowerBound * channels
      if hasFactorPerChannel {
        kernels.functions.multiply(input + i, factors, target, part.count, channels)
      } else {
        kernels.functions.multiply(input + i, factors + i, target, 1, part.count * channels)
      }
    }
  }

  /// `result[c] = Σ a[row, c] * b[row, c]`
  ///
  /// - Parameter result: `[channels]`.
  public func channelProducts(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, rows: Int, channels: Int,
    result: UnsafeMutablePointer<Float>
  ) {
    forEachRange(count: channels, grain: 64) { part in
      let sums = threadScratch(channels * MemoryLayout<Float>.size).assumingMemoryBound(to: Float.self)
      for c in part { (sums[c], result[c]) = (0, 0) }
      var task = moments_task(
        a: a, b: b, a_center: nil, b_center: nil, rows: rows, channels: channels, first_channel: part.lowerBound,
        end_channel: part.upperBound, sum: sums, product: result)
      kernels.functions.moments(&task)
    }
  }

  /// `output = values` where `signs > 0`, `values * slopes[c]` elsewhere, all `[rows, channels]`: PReLU where the signs are
  /// the values', its gradient where they are its argument's. `output` may be `values`.
  ///
  /// - Parameters:
  ///   - slopes: `[channels]`.
  ///   - output: nil where only the quantized form is wanted.
  public func prelu(
    _ values: UnsafePointer<Float>, signs: UnsafePointer<Float>, slopes: UnsafePointer<Float>, rows: Int,
    channels: Int, output: UnsafeMutablePointer<Float>?, quantized: QuantizedOutput? = nil
  ) {
    forEachRows(rows, channels: channels, output: output, quantized: quantized) { part, target in
      let i = part.lowerBound * channels
      kernels.functions.prelu(values + i, signs + i, slopes, target, part.count, channels)
    }
  }

  /// `result = gradient * f'(input)`; `result` may be `gradient`.
  public func activationGradient(
    _ function: ActivationKernel, _ gradient: UnsafePointer<Float>, input: UnsafePointer<Float>,
    result: UnsafeMutablePointer<Float>, count: Int
  ) {
    forEachRange(count: count, grain: 8192) { part in
      let i = part.lowerBound
      kernels.functions.activationGradient(function, gradient + i, input + i, result + i, part.count)
    }
  }
}
