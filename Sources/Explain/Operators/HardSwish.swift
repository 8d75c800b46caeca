import Kernels

/// `x * min(max(x / 6 + 1 / 2, 0), 1)`
///
/// A. Howard et al., "Searching for MobileNetV3", ICCV 2019.
enum HardSwish: ActivationFunction {
  static let name = "hard_swish"
  static var epilogue: Epilogue? { nil }
  static func isNonNegative(_ input: Bool) -> Bool { input }
  static func expected(_ input: ChannelMoments) -> ChannelMoments? {
    input.mapped { $0 * min(max($0 / 6 + 0.5, 0), 1) }
  }

  static func run(
    _ input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>, count: Int, _ context: ExecutionContext
  ) {
    context.activate(.hardSwish, input, output: output, count: count)
  }

  static var gradientReads: GradientReads { .argument }

  static func gradient(
    _ gradient: UnsafePointer<Float>, _ values: UnsafePointer<Float>, result: UnsafeMutablePointer<Float>, count: Int,
    _ context: ExecutionContext
  ) {
    context.activationGradient(.hardSwish, gradient, input: values, result: result, count: count)
  }
}

extension Activation {
  static let hardSwish = Activation(HardSwish.self)
}
