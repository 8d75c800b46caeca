import CShim

extension KernelShape {
  public static func activation(_ function: activation_function, rows: Int, channels: Int) -> KernelShape {
    KernelShape(
      "activation", "\(function.name) \(rows)x\(channels)", floats: 2 * rows * channels, tolerance: 1e-6
    ) { operands in
      let input = operands.floats(rows * channels, in: -4...4)
      return operands.writing(rows * channels) {
        operands.context.activate(Epilogue(function: function), input, rows: rows, channels: channels, output: $0)
      }
    }
  }

  public static func activationGradient(_ function: activation_function, count: Int) -> KernelShape {
    KernelShape("activation-gradient", "\(function.name) \(count)", floats: 3 * count, tolerance: 2e-6) { operands in
      let (gradient, input) = (operands.floats(count), operands.floats(count, in: -4...4))
      return operands.writing(count) {
        operands.context.activationGradient(function, gradient, input: input, result: $0, count: count)
      }
    }
  }

  public static func prelu(rows: Int, channels: Int) -> KernelShape {
    KernelShape("prelu", "\(rows)x\(channels)", floats: (3 * rows + 1) * channels, tolerance: 0) { operands in
      let (values, signs) = (operands.floats(rows * channels), operands.floats(rows * channels))
      let slopes = operands.floats(channels)
      return operands.writing(rows * channels) {
        operands.context.prelu(values, signs: signs, slopes: slopes, rows: rows, channels: channels, output: $0)
      }
    }
  }

  /// Every activation function and its gradient.
  public static func activations(rows: Int, channels: Int) -> [KernelShape] {
    activation_function.all.flatMap {
      [activation($0, rows: rows, channels: channels), activationGradient($0, count: rows * channels)]
    }
  }
}
