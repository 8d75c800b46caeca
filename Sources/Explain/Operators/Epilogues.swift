import Kernels

/// What an operator can do to its result before it is written.
struct EpilogueSupport: OptionSet, Sendable {
  let rawValue: Int
  /// Add another tensor.
  static let sum = EpilogueSupport(rawValue: 1)
  /// Clamp the values, after the sum.
  static let clamp = EpilogueSupport(rawValue: 2)
  /// Apply any other function, after the sum.
  static let function = EpilogueSupport(rawValue: 4)
}

/// An operator that may be folded into the one before it.
enum EpiloguePart: Sendable {
  /// The sum of two tensors.
  case sum
  case activation(any ActivationFunction.Type)

  /// What the operator before has to support.
  var needs: EpilogueSupport {
    switch self {
    case .sum: .sum
    case .activation(let function): function.epilogue.function == nil ? .clamp : .function
    }
  }
}
