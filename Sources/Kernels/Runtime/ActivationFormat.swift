/// Range of quantized activations, and how their bytes are stored.
public struct ActivationFormat: Sendable, Equatable {
  /// Largest level of activations that are never negative.
  public var largestUnsigned: Int32
  /// Largest magnitude of signed levels.
  public var largestSigned: Int32
  /// What is added to signed levels, and to those that are never negative; bytes are the sum's lowest eight bits.
  public var signedZeroPoint, unsignedZeroPoint: Int32
  /// Whether a picture's pixels 0...255, which are exact levels, are words of 16 bits, as bytes have too few.
  public var hasPixelWords: Bool

  public func zeroPoint(isSigned: Bool) -> Int32 { isSigned ? signedZeroPoint : unsignedZeroPoint }

  /// Unsigned bytes, for integer dot products of unsigned with signed.
  public static let eightBits = ActivationFormat(
    largestUnsigned: 255, largestSigned: 127, signedZeroPoint: 128, unsignedZeroPoint: 0, hasPixelWords: false)
  /// Signed bytes of the same levels, for products of signed with signed: ARM's.
  public static let signedEightBits = ActivationFormat(
    largestUnsigned: 255, largestSigned: 127, signedZeroPoint: 0, unsignedZeroPoint: -128, hasPixelWords: false)
  /// Unsigned, for instructions that add pairs of products in 16 bits: 2 * 127 * 127 fits, 2 * 255 * 127 would saturate.
  public static let sevenBits = ActivationFormat(
    largestUnsigned: 127, largestSigned: 63, signedZeroPoint: 64, unsignedZeroPoint: 0, hasPixelWords: true)
}
