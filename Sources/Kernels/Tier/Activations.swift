// Activation functions and their gradients.

import CShim

/// `output = f(input)` for `count` values; `output` may be `input`.
@inline(never) public func activate(
  _ function: activation_function, input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>, count: Int
) {
  switch function {
  case .sigmoid: map(input, output, count, sigmoid)
  case .silu: map(input, output, count) { $0 * sigmoid($0) }
  case .hardSigmoid: map(input, output, count, hardSigmoid)
  case .hardSwish: map(input, output, count) { $0 * hardSigmoid($0) }
  }
}

/// `result = gradient * f'(input)` for `count` values; `result` may be `gradient`.
@inline(never) public func activationGradient(
  _ function: activation_function, gradient: UnsafePointer<Float>, input: UnsafePointer<Float>,
  result: UnsafeMutablePointer<Float>, count: Int
) {
  switch function {
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

/// By comparisons, which let what is not a number pass.
@inline(__always) private func hardSigmoid(_ x: VFloat) -> VFloat {
  let line = x * (1 / 6) + 0.5
  return line.replacing(with: 0, where: line .< 0).replacing(with: 1, where: line .> 1)
}
