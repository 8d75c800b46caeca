import Glibc
import Kernels

/// `x / (1 + e^-x)`
///
/// S. Elfwing et al., "Sigmoid-Weighted Linear Units for Neural Network Function Approximation in Reinforcement
/// Learning", 2017.
enum SiLU: ActivationFunction {
  static let name = "silu"
  static let epilogue = Epilogue(function: .silu)
  static func isNonNegative(_ input: Bool) -> Bool { input }
  static func expected(_ input: ChannelMoments) -> ChannelMoments? { input.mapped { $0 / (1 + exp(-$0)) } }
}

extension Activation {
  static let silu = Activation(SiLU.self)
}
