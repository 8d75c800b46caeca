// Gradients of element-wise operators and of operators on tokens, with respect to their input.

import CShim

/// `result = gradient` where the clamped output lies strictly between its bounds, or else 0. `result` may be `gradient`.
@inline(never) public func clampGradient(
  _ gradient: UnsafePointer<Float>, output: UnsafePointer<Float>, result: UnsafeMutablePointer<Float>, count: Int,
  lower: Float, upper: Float
) {
  let lowest = VFloat(repeating: lower)
  let highest = VFloat(repeating: upper)
  var i = 0
  while i + lanes <= count {
    let y = load(output + i)
    store(VFloat.zero.replacing(with: load(gradient + i), where: (y .> lowest) .& (y .< highest)), result + i)
    i += lanes
  }
  while i < count {
    result[i] = output[i] > lower && output[i] < upper ? gradient[i] : 0
    i += 1
  }
}

/// One row of a softmax's input gradient: `scale * p * (gradient - Σ p gradient)`. `result` may be `gradient`.
@inline(never) public func softmaxGradient(
  _ gradient: UnsafePointer<Float>, probabilities: UnsafePointer<Float>, result: UnsafeMutablePointer<Float>,
  count: Int, scale: Float
) {
  let mean = dot(gradient, probabilities, count: count)
  var i = 0
  while i + lanes <= count {
    let centred = load(gradient + i) - mean
    store(centred * load(probabilities + i) * scale, result + i)
    i += lanes
  }
  while i < count {
    result[i] = (gradient[i] - mean) * probabilities[i] * scale
    i += 1
  }
}

/// With n = (x - mean) / deviation and g = gradient * weight: `(g - mean(g) - n mean(g n)) / deviation`, per row.
///
/// - Parameter result: `[rows, channels]`; may be `gradient`.
@inline(never) public func layerNormGradient(
  _ gradient: UnsafePointer<Float>, input: UnsafePointer<Float>, rows: Int, channels: Int, epsilon: Float,
  weight: UnsafePointer<Float>, result: UnsafeMutablePointer<Float>
) {
  require_rows(rows, channels)
  let inverse = 1 / Float(channels)
  for row in 0..<rows {
    let x = input + row * channels
    let dy = gradient + row * channels
    let dx = result + row * channels
    let mean =
      rowSum(channels) {
        load(x + $0)
      } tail: {
        x[$0]
      } * inverse
    let variance =
      rowSum(channels) {
        (load(x + $0) - mean) * (load(x + $0) - mean)
      } tail: {
        (x[$0] - mean) * (x[$0] - mean)
      }
      * inverse
    let factor = 1 / (variance + epsilon).squareRoot()
    let first =
      rowSum(channels) {
        load(dy + $0) * load(weight + $0)
      } tail: {
        dy[$0] * weight[$0]
      } * inverse
    let product =
      rowSum(channels) {
        load(dy + $0) * load(weight + $0) * (load(x + $0) - mean)
      } tail: {
        dy[$0] * weight[$0] * (x[$0] - mean)
      } * inverse * factor * factor
    var c = 0
    while c + lanes <= channels {
      let g = load(dy + c) * load(weight + c) - first
      store((g - (load(x + c) - mean) * product) * factor, dx + c)
      c += lanes
    }
    while c < channels {
      dx[c] = (dy[c] * weight[c] - first - (x[c] - mean) * product) * factor
      c += 1
    }
  }
}

@inline(__always) private func rowSum(
  _ count: Int, _ vector: (Int) -> VFloat, tail: (Int) -> Float
) -> Float {
  var sums = VFloat.zero
  var i = 0
  while i + lanes <= count {
    sums += vector(i)
    i += lanes
  }
  var total: Float = 0
  for lane in 0..<lanes { total += sums[lane] }
  while i < count {
    total += tail(i)
    i += 1
  }
  return total
}
