import Glibc
import Kernels

/// `1 / (1 + e^-x)`
enum Sigmoid: ActivationFunction {
  static let name = "sigmoid"
  static var epilogue: Epilogue? { nil }
  static func isNonNegative(_ input: Bool) -> Bool { true }
  static func expected(_ input: ChannelMoments) -> ChannelMoments? { input.mapped { 1 / (1 + exp(-$0)) } }

  static func run(
    _ input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>, count: Int, _ context: ExecutionContext
  ) {
    context.activate(.sigmoid, input, output: output, count: count)
  }

  static var gradientReads: GradientReads { .argument }

  static func gradient(
    _ gradient: UnsafePointer<Float>, _ values: UnsafePointer<Float>, result: UnsafeMutablePointer<Float>, count: Int,
    _ context: ExecutionContext
  ) {
    context.activationGradient(.sigmoid, gradient, input: values, result: result, count: count)
  }
}

extension Activation {
  static let sigmoid = Activation(Sigmoid.self)
}
