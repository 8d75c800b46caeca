// Activation functions and their gradients.
//
// The switches have a default because the check of unknown values that Swift puts in its place is a weak symbol, which
// tiers must not share.

import CShim

/// `output = f(input)` for `count` values; `output` may be `input`.
@inline(never) public func activate(
  _ function: activation_function, input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>, count: Int
) {
  switch function {
  case .gelu: map(input, output, count, gelu)
  case .sigmoid: map(input, output, count, sigmoid)
  case .silu: map(input, output, count) { $0 * sigmoid($0) }
  case .hardSigmoid: map(input, output, count, hardSigmoid)
  case .hardSwish: map(input, output, count) { $0 * hardSigmoid($0) }
  case .quickGELU: map(input, output, count) { $0 * sigmoid(quickGELUFactor * $0) }
  case .tanh: map(input, output, count, hyperbolicTangent)
  case .tanhGELU: map(input, output, count) { $0 * sigmoid(tanhGELUArgument($0).value) }
  @unknown default: break
  }
}

/// `result = gradient * f'(input)` for `count` values; `result` may be `gradient`.
@inline(never) public func activationGradient(
  _ function: activation_function, gradient: UnsafePointer<Float>, input: UnsafePointer<Float>,
  result: UnsafeMutablePointer<Float>, count: Int
) {
  switch function {
  case .gelu: multiply(gradient, input, result, count, geluSlope)
  case .sigmoid:
    multiply(gradient, input, result, count) {
      let value = sigmoid($0)
      return value * (1 - value)
    }
  case .silu:
    multiply(gradient, input, result, count) {
      let value = sigmoid($0)
      return value * (1 + $0 * (1 - value))
    }
  case .hardSigmoid:
    multiply(gradient, input, result, count) {
      VFloat.zero.replacing(with: VFloat(repeating: 1 / 6), where: ($0 .> -3) .& ($0 .< 3))
    }
  case .hardSwish:
    multiply(gradient, input, result, count) { x in
      let slope = (x * (1 / 3) + 0.5).replacing(with: 0, where: x .<= -3)
      return slope.replacing(with: 1, where: x .>= 3)
    }
  case .quickGELU:
    multiply(gradient, input, result, count) { x in
      let value = sigmoid(quickGELUFactor * x)
      return value * (1 + quickGELUFactor * x * (1 - value))
    }
  case .tanh:
    multiply(gradient, input, result, count) {
      let value = hyperbolicTangent($0)
      return 1 - value * value
    }
  case .tanhGELU:
    multiply(gradient, input, result, count) { x in
      let (argument, rise) = tanhGELUArgument(x)
      let value = sigmoid(argument)
      return value * (1 + x * rise * (1 - value))
    }
  @unknown default: break
  }
}

@inline(__always) private func map(
  _ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>, _ count: Int, _ f: (VFloat) -> VFloat
) {
  var i = 0
  while i + lanes <= count {
    store(f(load(input + i)), output + i)
    i += lanes
  }
  while i < count {
    output[i] = f(VFloat(repeating: input[i]))[0]
    i += 1
  }
}

@inline(__always) private func multiply(
  _ gradient: UnsafePointer<Float>, _ input: UnsafePointer<Float>, _ result: UnsafeMutablePointer<Float>,
  _ count: Int, _ slope: (VFloat) -> VFloat
) {
  var i = 0
  while i + lanes <= count {
    store(load(gradient + i) * slope(load(input + i)), result + i)
    i += lanes
  }
  while i < count {
    result[i] = gradient[i] * slope(VFloat(repeating: input[i]))[0]
    i += 1
  }
}

@inline(__always) private func sigmoid(_ x: VFloat) -> VFloat {
  // e^-|x| cannot overflow.
  let small = exponential(-maximum(x, -x))
  let upper = 1 / (1 + small)
  return upper.replacing(with: small * upper, where: x .< 0)
}

@inline(__always) private var quickGELUFactor: Float { 1.702 }

/// `(1 - e^-2|x|) / (1 + e^-2|x|)` with the sign of x.
@inline(__always) private func hyperbolicTangent(_ x: VFloat) -> VFloat {
  let small = exponential(-2 * maximum(x, -x))
  let magnitude = (1 - small) / (1 + small)
  return magnitude.replacing(with: -magnitude, where: x .< 0)
}

/// `2 sqrt(2 / pi) (x + 0.044715 x^3)`, and its slope. Beyond 16 the sigmoid of it is 0 or 1, and the cube could overflow.
@inline(__always) private func tanhGELUArgument(_ x: VFloat) -> (value: VFloat, rise: VFloat) {
  let x = minimum(maximum(x, VFloat(repeating: -16)), VFloat(repeating: 16))
  let square = x * x * 0.044715
  return (1.5957691 * x * (1 + square), 1.5957691 * (1 + 3 * square))
}

/// By comparisons, which let what is not a number pass.
@inline(__always) private func hardSigmoid(_ x: VFloat) -> VFloat {
  let line = x * (1 / 6) + 0.5
  return line.replacing(with: 0, where: line .< 0).replacing(with: 1, where: line .> 1)
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
@inline(__always) private func normalTail(_ x: VFloat) -> (doubled: VFloat, bell: VFloat) {
  let z = maximum(x, -x) * 0.70710678
  let t = VFloat(repeating: 1) / multiplyAdd(VFloat(repeating: 1), z, VFloat(repeating: 0.3275911))
  var p = multiplyAdd(VFloat(repeating: -1.453152027), t, VFloat(repeating: 1.061405429))
  p = multiplyAdd(VFloat(repeating: 1.421413741), p, t)
  p = multiplyAdd(VFloat(repeating: -0.284496736), p, t)
  p = multiplyAdd(VFloat(repeating: 0.254829592), p, t)
  let bell = exponential(-(z * z))
  return (p * t * bell, bell)
}

/// `P(x) + x p(x)` with the normal distribution P and its density p.
@inline(__always) private func geluSlope(_ x: VFloat) -> VFloat {
  let (doubled, bell) = normalTail(x)
  let tail = doubled * 0.5
  let density = bell * 0.39894228
  return multiplyAdd(tail.replacing(with: 1 - tail, where: x .> 0), x, density)
}
