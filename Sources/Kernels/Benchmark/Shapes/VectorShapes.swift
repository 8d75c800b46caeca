// Kernels on vectors and tokens.

extension KernelShape {
  public static func add(count: Int) -> KernelShape {
    KernelShape("add", "\(count)", floats: 3 * count, tolerance: 0) { operands in
      let (a, b) = (operands.floats(count), operands.floats(count))
      return operands.writing(count) { operands.context.add(a, b, clamp: .relu, output: $0, count: count) }
    }
  }

  /// One factor a channel.
  public static func multiply(rows: Int, channels: Int) -> KernelShape {
    KernelShape("multiply", "\(rows)x\(channels)", floats: (2 * rows + 1) * channels, tolerance: 0) { operands in
      let (input, factors) = (operands.floats(rows * channels), operands.floats(channels))
      return operands.writing(rows * channels) {
        operands.context.multiply(
          input, by: factors, hasFactorPerChannel: true, rows: rows, channels: channels, output: $0)
      }
    }
  }

  public static func softmax(count: Int) -> KernelShape {
    KernelShape(
      "softmax", "\(count)", floats: 2 * count, tolerance: 4 * Float.ulpOfOne * Float(count).squareRoot()
    ) { operands in
      let input = operands.floats(count, in: -8...8)
      return operands.writing(count) {
        $0.update(from: input, count: count)
        operands.context.softmax($0, count: count)
      }
    }
  }

  public static func layerNorm(rows: Int, channels: Int) -> KernelShape {
    KernelShape(
      "layer-norm", "\(rows)x\(channels)", floats: 2 * (rows + 1) * channels,
      tolerance: 4 * Float.ulpOfOne * Float(channels).squareRoot()
    ) { operands in
      let input = operands.floats(rows * channels, in: -2...3)
      let (weight, bias) = (operands.floats(channels), operands.floats(channels))
      return operands.writing(rows * channels) {
        operands.context.layerNorm(
          input, rows: rows, channels: channels, epsilon: 1e-6, weight: weight, bias: bias, output: $0)
      }
    }
  }

  public static func attention(tokens: Int, channels: Int, heads: Int) -> KernelShape {
    KernelShape(
      "attention", "\(tokens)x\(channels) \(heads) heads", macs: 2 * tokens * tokens * channels,
      floats: 4 * tokens * channels, tolerance: 1e-5
    ) { operands in
      let plan = AttentionPlan(tokens: tokens, channels: channels, heads: heads)
      let qkv = operands.floats(tokens * 3 * channels, in: -2...2)
      let scratch = operands.uninitialized(plan.scratchFloats)
      return operands.writing(tokens * channels) {
        operands.context.attention(plan, qkv: qkv, scratch: scratch, output: $0)
      }
    }
  }
}
