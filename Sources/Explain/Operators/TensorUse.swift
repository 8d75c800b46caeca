/// What an operator has to say about one of the tensors that it may name in the model file.
enum TensorUse: Equatable {
  case needed(TensorRequirement)
  /// The tensor is needed, and the operator does not name it.
  case unnamed(role: String)
  /// The operator names a tensor that its precision has no use for.
  case superfluous(role: String)

  /// A tensor that only some precisions need; nil where it is neither needed nor named.
  static func optional(
    _ name: String?, role: String, isNeeded: Bool, _ requirement: (String) -> TensorRequirement
  ) -> TensorUse? {
    switch (name, isNeeded) {
    case (let name?, true): .needed(requirement(name))
    case (nil, true): .unnamed(role: role)
    case (_?, false): .superfluous(role: role)
    case (nil, false): nil
    }
  }
}
