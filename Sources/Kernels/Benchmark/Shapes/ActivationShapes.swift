import CShim

extension KernelShape {
  static func activation(_ function: activation_function, count: Int) -> KernelShape {
    KernelShape("activation", "\(function.name) \(count)", floats: 2 * count, tolerance: 1e-6) { operands in
      let input = operands.floats(count, in: -4...4)
      return operands.writing(count) { operands.context.activate(function, input, output: $0, count: count) }
    }
  }

  static func activationGradient(_ function: activation_function, count: Int) -> KernelShape {
    KernelShape("activation-gradient", "\(function.name) \(count)", floats: 3 * count, tolerance: 2e-6) { operands in
      let (gradient, input) = (operands.floats(count), operands.floats(count, in: -4...4))
      return operands.writing(count) {
        operands.context.activationGradient(function, gradient, input: input, result: $0, count: count)
      }
    }
  }

  /// Every activation function and its gradient.
  public static func activations(count: Int) -> [KernelShape] {
    activation_function.all.flatMap { [activation($0, count: count), activationGradient($0, count: count)] }
  }
}
