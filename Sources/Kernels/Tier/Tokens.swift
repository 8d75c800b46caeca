// Operators on tokens: layer normalisation and GELU.

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

/// `x / 2 * (1 + erf(x / sqrt(2)))` for `count` values; `output` may be `input`.
@inline(never) public func gelu(_ input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>, count: Int) {
  var i = 0
  while i + lanes <= count {
    store(gelu(load(input + i)), output + i)
    i += lanes
  }
  while i < count {
    output[i] = gelu(VFloat(repeating: input[i]))[0]
    i += 1
  }
}

@inline(__always) private func gelu(_ x: VFloat) -> VFloat {
  let tail = normalTail(x).doubled
  let half = x * 0.5
  // x > 0: x / 2 * (2 - tail); x < 0: x / 2 * tail.
  return (half * tail).replacing(with: half * (2 - tail), where: x .> 0)
}

/// Twice the normal distribution's tail beyond |x|, and the bell e^(-x² / 2).
///
/// With z = |x| / sqrt(2): erf(z) = 1 - (a1 t + a2 t^2 + ... + a5 t^5) e^(-z z), t = 1 / (1 + p z), to 1.5e-7
/// (Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26).
@inline(__always) func normalTail(_ x: VFloat) -> (doubled: VFloat, bell: VFloat) {
  let z = maximum(x, -x) * 0.70710678
  let t = VFloat(repeating: 1) / multiplyAdd(VFloat(repeating: 1), z, VFloat(repeating: 0.3275911))
  var p = multiplyAdd(VFloat(repeating: -1.453152027), t, VFloat(repeating: 1.061405429))
  p = multiplyAdd(VFloat(repeating: 1.421413741), p, t)
  p = multiplyAdd(VFloat(repeating: -0.284496736), p, t)
  p = multiplyAdd(VFloat(repeating: 0.254829592), p, t)
  let bell = exponential(-(z * z))
  return (p * t * bell, bell)
}
