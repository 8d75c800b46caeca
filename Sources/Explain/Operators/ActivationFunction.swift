import Kernels

/// What distinguishes one activation function from another.
protocol ActivationFunction: Sendable {
  /// Name in the model file.
  static var name: String { get }
  /// How a convolution computes the function on the way; nil where it cannot.
  static var epilogue: Epilogue? { get }
  /// Whether the function's values are nowhere negative, for an argument that is nowhere negative or may be.
  static func isNonNegative(_ input: Bool) -> Bool
  /// Moments of the function's value for a normal argument; nil where no closed form is known.
  static func expected(_ input: ChannelMoments) -> ChannelMoments?

  static func run(
    _ input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>, count: Int, _ context: ExecutionContext)

  /// What the gradient is computed from.
  static var gradientReads: GradientReads { get }

  /// Turns the gradient of the function's values into that of its arguments; `result` may be `gradient`.
  ///
  /// - Parameter values: arguments or values, as `gradientReads` says.
  static func gradient(
    _ gradient: UnsafePointer<Float>, _ values: UnsafePointer<Float>, result: UnsafeMutablePointer<Float>, count: Int,
    _ context: ExecutionContext)
}

enum GradientReads {
  case argument, value
}
