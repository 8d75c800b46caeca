import Kernels

/// `x * P(x)` with the normal distribution P: `x / 2 * (1 + erf(x / sqrt(2)))`, without approximation.
///
/// D. Hendrycks, K. Gimpel, "Gaussian Error Linear Units", 2016.
enum GELU: ActivationFunction {
  static let name = "gelu"
  static let epilogue = Epilogue(function: .gelu)
  static func isNonNegative(_ input: Bool) -> Bool { false }
  static func expected(_ input: ChannelMoments) -> ChannelMoments? { nil }
}

extension Activation {
  static let gelu = Activation(GELU.self)
}
