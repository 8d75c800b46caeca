import Kernels

/// `max(x, 0)`
enum ReLU: ActivationFunction {
  static let name = "relu"
  static let epilogue = Epilogue(clamp: .relu)
  static func isNonNegative(_ input: Bool) -> Bool { true }
  static func expected(_ input: ChannelMoments) -> ChannelMoments? { input.clipped(upper: .infinity) }
}

extension Activation {
  static let relu = Activation(ReLU.self)
}
