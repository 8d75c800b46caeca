// Batch normalisation with batch statistics, its gradient, and the optimiser's step, shared out over the threads.

import CShim

/// Sums over rows, one of each per channel.
public struct ChannelMoments: Sendable {
  /// `Σ (a - aCenter)`
  public var sum: [Double]
  /// `Σ (a - aCenter) (b - bCenter)`
  public var product: [Double]
}

extension ExecutionContext {
  /// Rows that are summed in Float before they are added up in Double.
  private static let momentRows = 128
  private static let momentChannels = 64

  /// Sums over the rows of `[rows, channels]`; centers are zero where they are nil.
  public func moments(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, aCenter: UnsafePointer<Float>? = nil,
    bCenter: UnsafePointer<Float>? = nil, rows: Int, channels: Int
  ) -> ChannelMoments {
    var sum = [Double](repeating: 0, count: channels)
    var product = sum
    sum.withUnsafeMutableBufferPointer { sum in
      product.withUnsafeMutableBufferPointer { product in
        guard let sum = sum.baseAddress, let product = product.baseAddress else { return }
        pool.run(chunks: (channels + Self.momentChannels - 1) / Self.momentChannels) { chunk in
          let first = chunk * Self.momentChannels
          let part = first..<min(channels, first + Self.momentChannels)
          withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * channels) { partial in
            guard let partial = partial.baseAddress else { return }
            for row in stride(from: 0, to: rows, by: Self.momentRows) {
              partial.update(repeating: 0, count: 2 * channels)
              var task = moments_task(
                a: a + row * channels, b: b + row * channels, a_center: aCenter, b_center: bCenter,
                rows: min(Self.momentRows, rows - row), channels: channels, first_channel: part.lowerBound,
                end_channel: part.upperBound, sum: partial, product: partial + channels)
              kernels.functions.moments(&task)
              for c in part {
                sum[c] += Double(partial[c])
                product[c] += Double(partial[channels + c])
              }
            }
          }
        }
      }
    }
    return ChannelMoments(sum: sum, product: product)
  }

  /// `max(0, input * scale[c] + shift[c] + skip)`, all `[rows, channels]`.
  public func normalizeAddRelu(
    _ input: UnsafePointer<Float>, scale: UnsafePointer<Float>, shift: UnsafePointer<Float>,
    skip: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>, rows: Int, channels: Int
  ) {
    forEachRange(count: rows, grain: max(1, 16384 / channels)) { part in
      let first = part.lowerBound * channels
      var task = normalize_task(
        input: input + first, scale: scale, shift: shift, skip: skip + first, output: output + first, rows: part.count,
        channels: channels)
      kernels.functions.normalize(&task)
    }
  }

  /// `gradient * scale[c] + (input - center[c]) * slope[c] + shift[c]`; `result` may be `gradient`.
  public func normalizationGradient(
    _ gradient: UnsafePointer<Float>, input: UnsafePointer<Float>, center: UnsafePointer<Float>,
    scale: UnsafePointer<Float>, slope: UnsafePointer<Float>, shift: UnsafePointer<Float>,
    result: UnsafeMutablePointer<Float>, rows: Int, channels: Int
  ) {
    forEachRange(count: rows, grain: max(1, 16384 / channels)) { part in
      let first = part.lowerBound * channels
      var task = normalize_gradient_task(
        gradient: gradient + first, input: input + first, center: center, scale: scale, slope: slope, shift: shift,
        result: result + first, rows: part.count, channels: channels)
      kernels.functions.normalizeGradient(&task)
    }
  }

  /// One step of stochastic gradient descent with Nesterov momentum on `count` values.
  ///
  /// - Parameters:
  ///   - gradient: nil where it is zero.
  ///   - decay: weight decay, added to the gradient as in PyTorch.
  public func descend(
    _ values: UnsafeMutablePointer<Float>, velocity: UnsafeMutablePointer<Float>, gradient: UnsafePointer<Float>?,
    count: Int, rate: Float, momentum: Float, decay: Float
  ) {
    forEachRange(count: count, grain: 16384) { part in
      let i = part.lowerBound
      var task = descent_task(
        values: values + i, velocity: velocity + i, gradient: gradient.map { $0 + i }, count: part.count, rate: rate,
        momentum: momentum, decay: decay)
      kernels.functions.descend(&task)
    }
  }
}
