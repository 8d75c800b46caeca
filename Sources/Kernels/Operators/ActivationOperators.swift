import CShim

extension ExecutionContext {
  /// `output = f(input)`; `output` may be `input`.
  public func activate(
    _ function: activation_function, _ input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>, count: Int
  ) {
    forEachRange(count: count, grain: 8192) { part in
      let i = part.lowerBound
      kernels.functions.activate(function, input + i, output + i, part.count)
    }
  }

  /// `result = gradient * f'(input)`; `result` may be `gradient`.
  public func activationGradient(
    _ function: activation_function, _ gradient: UnsafePointer<Float>, input: UnsafePointer<Float>,
    result: UnsafeMutablePointer<Float>, count: Int
  ) {
    forEachRange(count: count, grain: 8192) { part in
      let i = part.lowerBound
      kernels.functions.activationGradient(function, gradient + i, input + i, result + i, part.count)
    }
  }
}
