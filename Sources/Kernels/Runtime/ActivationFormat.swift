/// How quantized activations lie in memory: what an instruction set's integer products take.
public enum ActivationFormat: Sendable, Equatable {
  /// Unsigned bytes; signed activations are shifted by 128.
  case bytes
  /// Signed bytes; activations that cannot be negative are shifted by -128 (for `sdot`, `smmla`, `smull`).
  case signedBytes
  /// Int16, each group of four stored as elements 0 2 1 3 (for `pmaddwd`).
  case int16Pairs

  /// Bytes per activation.
  public var size: Int { self == .int16Pairs ? 2 : 1 }

  /// What is added to the levels.
  /// - Parameter isSigned: whether they are -127...127, or 0...255.
  public func zeroPoint(isSigned: Bool) -> Int32 {
    switch self {
    case .bytes: isSigned ? 128 : 0
    case .signedBytes: isSigned ? 0 : -128
    case .int16Pairs: 0
    }
  }
}
