import CShim

/// `output = clamp(a + b)`; `b` may be null. `output` may be `a` or `b`.
@inline(never) public func addClamped(
  _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>?, output: UnsafeMutablePointer<Float>, count: Int, lower: Float,
  upper: Float
) {
  let lowest = VFloat(repeating: lower)
  let highest = VFloat(repeating: upper)
  var i = 0
  while i + lanes <= count {
    let sum = b.map { load(a + i) + load($0 + i) } ?? load(a + i)
    store(clamp(sum, lowest, highest), output + i)
    i += lanes
  }
  while i < count {
    let sum = a[i] + (b.map { $0[i] } ?? 0)
    output[i] = min(max(sum, lower), upper)
    i += 1
  }
}

/// `output = values` where `signs > 0`, `values * slopes[c]` elsewhere, all `[rows, channels]`; `output` may be `values`.
@inline(never) public func prelu(
  _ values: UnsafePointer<Float>, signs: UnsafePointer<Float>, slopes: UnsafePointer<Float>,
  output: UnsafeMutablePointer<Float>, rows: Int, channels: Int
) {
  require_rows(rows, channels)
  for row in 0..<rows {
    let (x, s, y) = (values + row * channels, signs + row * channels, output + row * channels)
    var c = 0
    while c + lanes <= channels {
      let value = load(x + c)
      store((value * load(slopes + c)).replacing(with: value, where: load(s + c) .> 0), y + c)
      c += lanes
    }
    while c < channels {
      y[c] = s[c] > 0 ? x[c] : x[c] * slopes[c]
      c += 1
    }
  }
}

/// `output = input * factors[c]`, all `[rows, channels]`; `output` may be `input`.
@inline(never) public func multiply(
  _ input: UnsafePointer<Float>, factors: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>, rows: Int,
  channels: Int
) {
  require_rows(rows, channels)
  for row in 0..<rows {
    let (x, y) = (input + row * channels, output + row * channels)
    var c = 0
    while c + lanes <= channels {
      store(load(x + c) * load(factors + c), y + c)
      c += lanes
    }
    while c < channels {
      y[c] = x[c] * factors[c]
      c += 1
    }
  }
}

/// Dot product of two vectors.
@inline(never) public func dot(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, count: Int) -> Float {
  var sum0 = VFloat.zero
  var sum1 = VFloat.zero
  var i = 0
  while i + 2 * lanes <= count {
    sum0 = multiplyAdd(sum0, load(a + i), load(b + i))
    sum1 = multiplyAdd(sum1, load(a + i + lanes), load(b + i + lanes))
    i += 2 * lanes
  }
  let both = sum0 + sum1
  var sum: Float = 0
  for lane in 0..<lanes { sum += both[lane] }
  while i < count {
    sum += a[i] * b[i]
    i += 1
  }
  return sum
}

/// `values = exp(values - max) / sum`, in place.
@inline(never) public func softmax(_ values: UnsafeMutablePointer<Float>, count: Int) {
  require_softmax(count)
  let whole = count / lanes * lanes
  let rest = count - whole
  let lowest = VFloat(repeating: -Float.infinity)
  var largest = lowest
  var i = 0
  while i < whole {
    largest = maximum(largest, load(values + i))
    i += lanes
  }
  var tail = lowest
  for lane in 0..<rest { tail[lane] = values[whole + lane] }
  largest = maximum(largest, tail)
  var peak = -Float.infinity
  for lane in 0..<lanes { peak = max(peak, largest[lane]) }
  var sums = VFloat.zero
  i = 0
  while i < whole {
    let e = exponential(load(values + i) - peak)
    sums += e
    store(e, values + i)
    i += lanes
  }
  tail = exponential(tail - peak)
  var sum: Float = 0
  for lane in 0..<lanes { sum += sums[lane] }
  for lane in 0..<rest { sum += tail[lane] }
  let inverse = 1 / sum
  i = 0
  while i < whole {
    store(load(values + i) * inverse, values + i)
    i += lanes
  }
  for lane in 0..<rest { values[whole + lane] = tail[lane] * inverse }
}

/// e^x for x <= 0, to 2 ulp: 2^n * 2^f with |f| <= 1/2, 2^f by its Taylor polynomial of degree 7 (remainder 5e-9).
@inline(__always) func exponential(_ x: VFloat) -> VFloat {
  let log2e: Float = 1.44269504
  let limited = x.replacing(with: VFloat(repeating: -87), where: x .< -87)
  let whole = roundToInt(limited * log2e)
  let n = toFloat(whole)
  // ln 2 in two parts, so that the difference loses nothing.
  let f = multiplyAdd(multiplyAdd(limited, n, VFloat(repeating: -0.693359375)), n, VFloat(repeating: 2.12194440e-4))
  var p = VFloat(repeating: 1 / 5040)
  p = multiplyAdd(VFloat(repeating: 1 / 720), p, f)
  p = multiplyAdd(VFloat(repeating: 1 / 120), p, f)
  p = multiplyAdd(VFloat(repeating: 1 / 24), p, f)
  p = multiplyAdd(VFloat(repeating: 1 / 6), p, f)
  p = multiplyAdd(VFloat(repeating: 1 / 2), p, f)
  p = multiplyAdd(VFloat(repeating: 1), p, f)
  p = multiplyAdd(VFloat(repeating: 1), p, f)
  return p * unsafeBitCast((whole &+ 127) &<< 23, to: VFloat.self)
}
