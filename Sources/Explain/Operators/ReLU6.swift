import Kernels

/// `min(max(x, 0), 6)`
enum ReLU6: ActivationFunction {
  static let name = "relu6"
  static var epilogue: Epilogue? { Epilogue(clamp: .relu6) }
  static func isNonNegative(_ input: Bool) -> Bool { true }
  static func expected(_ input: ChannelMoments) -> ChannelMoments? { input.clipped(upper: 6) }

  static func run(
    _ input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>, count: Int, _ context: ExecutionContext
  ) {
    context.add(input, nil, clamp: .relu6, output: output, count: count)
  }

  static var gradientReads: GradientReads { .value }

  static func gradient(
    _ gradient: UnsafePointer<Float>, _ values: UnsafePointer<Float>, result: UnsafeMutablePointer<Float>, count: Int,
    _ context: ExecutionContext
  ) {
    context.clampGradient(gradient, output: values, clamp: .relu6, result: result, count: count)
  }
}

extension Activation {
  static let relu6 = Activation(ReLU6.self)
}
