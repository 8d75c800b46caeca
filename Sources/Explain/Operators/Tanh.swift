import Glibc
import Kernels

/// The hyperbolic tangent.
enum Tanh: ActivationFunction {
  static let name = "tanh"
  static let epilogue = Epilogue(function: .tanh)
  static func isNonNegative(_ input: Bool) -> Bool { input }
  static func expected(_ input: ChannelMoments) -> ChannelMoments? { input.mapped(Glibc.tanh) }
}

extension Activation {
  static let tanh = Activation(Tanh.self)
}
