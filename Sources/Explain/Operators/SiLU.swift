import Glibc
import Kernels

/// `x / (1 + e^-x)`
///
/// S. Elfwing et al., "Sigmoid-Weighted Linear Units for Neural Network Function Approximation in Reinforcement
/// Learning", 2017.
enum SiLU: ActivationFunction {
  static let name = "silu"
  static var epilogue: Epilogue? { nil }
  static func isNonNegative(_ input: Bool) -> Bool { input }
  static func expected(_ input: ChannelMoments) -> ChannelMoments? { input.mapped { $0 / (1 + exp(-$0)) } }

  static func run(
    _ input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>, count: Int, _ context: ExecutionContext
  ) {
    context.activate(.silu, input, output: output, count: count)
  }

  static var gradientReads: GradientReads { .argument }

  static func gradient(
    _ gradient: UnsafePointer<Float>, _ values: UnsafePointer<Float>, result: UnsafeMutablePointer<Float>, count: Int,
    _ context: ExecutionContext
  ) {
    context.activationGradient(.silu, gradient, input: values, result: result, count: count)
  }
}

extension Activation {
  static let silu = Activation(SiLU.self)
}
