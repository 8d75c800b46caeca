import Kernels

/// `max(x, 0)`
enum ReLU: ActivationFunction {
  static let name = "relu"
  static var epilogue: Epilogue? { Epilogue(clamp: .relu) }
  static func isNonNegative(_ input: Bool) -> Bool { true }
  static func expected(_ input: ChannelMoments) -> ChannelMoments? { input.clipped(upper: .infinity) }

  static func run(
    _ input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>, count: Int, _ context: ExecutionContext
  ) {
    context.add(input, nil, clamp: .relu, output: output, count: count)
  }

  static var gradientReads: GradientReads { .value }

  static func gradient(
    _ gradient: UnsafePointer<Float>, _ values: UnsafePointer<Float>, result: UnsafeMutablePointer<Float>, count: Int,
    _ context: ExecutionContext
  ) {
    context.clampGradient(gradient, output: values, clamp: .relu, result: result, count: count)
  }
}

extension Activation {
  static let relu = Activation(ReLU.self)
}
