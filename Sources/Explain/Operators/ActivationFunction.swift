import Kernels

/// What distinguishes one activation function from another.
protocol ActivationFunction: Sendable {
  /// Name in the model file.
  static var name: String { get }
  /// How kernels compute the function, in a pass of its own or at the end of a convolution.
  static var epilogue: Epilogue { get }
  /// Whether the function's values are nowhere negative, for an argument that is nowhere negative or may be.
  static func isNonNegative(_ input: Bool) -> Bool
  /// Moments of the function's value for a normal argument; nil where no closed form is known.
  static func expected(_ input: ChannelMoments) -> ChannelMoments?
}
