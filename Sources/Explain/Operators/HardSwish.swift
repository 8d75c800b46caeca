import Kernels

/// `x * min(max(x / 6 + 1 / 2, 0), 1)`
///
/// A. Howard et al., "Searching for MobileNetV3", ICCV 2019.
enum HardSwish: ActivationFunction {
  static let name = "hard_swish"
  static let epilogue = Epilogue(function: .hardSwish)
  static func isNonNegative(_ input: Bool) -> Bool { input }
  static func expected(_ input: ChannelMoments) -> ChannelMoments? {
    input.mapped { $0 * min(max($0 / 6 + 0.5, 0), 1) }
  }
}

extension Activation {
  static let hardSwish = Activation(HardSwish.self)
}
