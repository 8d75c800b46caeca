import Glibc
import Kernels

/// `1 / (1 + e^-x)`
enum Sigmoid: ActivationFunction {
  static let name = "sigmoid"
  static let epilogue = Epilogue(function: .sigmoid)
  static func isNonNegative(_ input: Bool) -> Bool { true }
  static func expected(_ input: ChannelMoments) -> ChannelMoments? { input.mapped { 1 / (1 + exp(-$0)) } }
}

extension Activation {
  static let sigmoid = Activation(Sigmoid.self)
}
