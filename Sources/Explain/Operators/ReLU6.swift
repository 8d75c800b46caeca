import Kernels

/// `min(max(x, 0), 6)`
enum ReLU6: ActivationFunction {
  static let name = "relu6"
  static let epilogue = Epilogue(clamp: .relu6)
  static func isNonNegative(_ input: Bool) -> Bool { true }
  static func expected(_ input: ChannelMoments) -> ChannelMoments? { input.clipped(upper: 6) }
}

extension Activation {
  static let relu6 = Activation(ReLU6.self)
}
