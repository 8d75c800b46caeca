import Kernels

/// `x * P(x)` with the normal distribution P: `x / 2 * (1 + erf(x / sqrt(2)))`, without approximation.
///
/// D. Hendrycks, K. Gimpel, "Gaussian Error Linear Units", 2016.
enum GELU: ActivationFunction {
  static let name = "gelu"
  static var epilogue: Epilogue? { Epilogue(hasGELU: true) }
  static func isNonNegative(_ input: Bool) -> Bool { false }
  static func expected(_ input: ChannelMoments) -> ChannelMoments? { nil }

  static func run(
    _ input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>, count: Int, _ context: ExecutionContext
  ) {
    context.gelu(input, output: output, count: count)
  }

  static var gradientReads: GradientReads { .argument }

  static func gradient(
    _ gradient: UnsafePointer<Float>, _ values: UnsafePointer<Float>, result: UnsafeMutablePointer<Float>, count: Int,
    _ context: ExecutionContext
  ) {
    context.geluGradient(gradient, input: values, result: result, count: count)
  }
}

extension Activation {
  static let gelu = Activation(GELU.self)
}
