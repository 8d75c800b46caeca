import Kernels

/// `min(max(x / 6 + 1 / 2, 0), 1)`
enum HardSigmoid: ActivationFunction {
  static let name = "hard_sigmoid"
  static let epilogue = Epilogue(function: .hardSigmoid)
  static func isNonNegative(_ input: Bool) -> Bool { true }
  static func expected(_ input: ChannelMoments) -> ChannelMoments? { input.mapped { min(max($0 / 6 + 0.5, 0), 1) } }
}

extension Activation {
  static let hardSigmoid = Activation(HardSigmoid.self)
}
