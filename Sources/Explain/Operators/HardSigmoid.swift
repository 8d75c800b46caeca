import Kernels

/// `min(max(x / 6 + 1 / 2, 0), 1)`
enum HardSigmoid: ActivationFunction {
  static let name = "hard_sigmoid"
  static var epilogue: Epilogue? { nil }
  static func isNonNegative(_ input: Bool) -> Bool { true }
  static func expected(_ input: ChannelMoments) -> ChannelMoments? { input.mapped { min(max($0 / 6 + 0.5, 0), 1) } }

  static func run(
    _ input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>, count: Int, _ context: ExecutionContext
  ) {
    context.activate(.hardSigmoid, input, output: output, count: count)
  }

  static var gradientReads: GradientReads { .argument }

  static func gradient(
    _ gradient: UnsafePointer<Float>, _ values: UnsafePointer<Float>, result: UnsafeMutablePointer<Float>, count: Int,
    _ context: ExecutionContext
  ) {
    context.activationGradient(.hardSigmoid, gradient, input: values, result: result, count: count)
  }
}

extension Activation {
  static let hardSigmoid = Activation(HardSigmoid.self)
}
