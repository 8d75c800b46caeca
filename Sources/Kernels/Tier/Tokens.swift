// Operators on tokens: layer normalisation.

import CShim

/// `(x - mean) / sqrt(variance + epsilon) * weight + bias` over the channels of every row; `output` may be `input`.
@inline(never) public func layerNorm(
  _ input: UnsafePointer<Float>, rows: Int, channels: Int, epsilon: Float, weight: UnsafePointer<Float>,
  bias: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>
) {
  require_rows(rows, channels)
  let count = Float(channels)
  for row in 0..<rows {
    let x = input + row * channels
    let y = output + row * channels
    let mean = sum(x, channels) { $0 } / count
    // The mean first: a one-pass variance cancels where the mean is large.
    let variance = sum(x, channels) { ($0 - mean) * ($0 - mean) } / count
    let factor = 1 / (variance + epsilon).squareRoot()
    var c = 0
    while c + lanes <= channels {
      store(multiplyAdd(load(bias + c), (load(x + c) - mean) * factor, load(weight + c)), y + c)
      c += lanes
    }
    while c < channels {
      y[c] = (x[c] - mean) * factor * weight[c] + bias[c]
      c += 1
    }
  }
}

@inline(__always) private func sum(_ x: UnsafePointer<Float>, _ count: Int, _ term: (VFloat) -> VFloat) -> Float {
  var sums = VFloat.zero
  var i = 0
  while i + lanes <= count {
    sums += term(load(x + i))
    i += lanes
  }
  var total: Float = 0
  for lane in 0..<lanes { total += sums[lane] }
  while i < count {
    total += term(VFloat(repeating: x[i]))[0]
    i += 1
  }
  return total
}
