import Kernels

/// GELU by an approximation that some networks are trained with: `x / 2 * (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))`.
///
/// D. Hendrycks, K. Gimpel, "Gaussian Error Linear Units", 2016. It differs from GELU by up to 0.0005.
enum TanhGELU: ActivationFunction {
  static let name = "tanh_gelu"
  static let epilogue = Epilogue(function: .tanhGELU)
  static func isNonNegative(_ input: Bool) -> Bool { false }
  static func expected(_ input: ChannelMoments) -> ChannelMoments? { nil }
}

extension Activation {
  static let tanhGELU = Activation(TanhGELU.self)
}
