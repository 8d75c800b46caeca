import Glibc
import Kernels

/// `x / (1 + e^(-1.702 x))`, an approximation of GELU: that of CLIP.
///
/// D. Hendrycks, K. Gimpel, "Gaussian Error Linear Units", 2016.
enum QuickGELU: ActivationFunction {
  static let name = "quick_gelu"
  static let epilogue = Epilogue(function: .quickGELU)
  static func isNonNegative(_ input: Bool) -> Bool { input }
  static func expected(_ input: ChannelMoments) -> ChannelMoments? { input.mapped { $0 / (1 + exp(-1.702 * $0)) } }
}

extension Activation {
  static let quickGELU = Activation(QuickGELU.self)
}
