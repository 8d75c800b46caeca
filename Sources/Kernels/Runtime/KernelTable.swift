import CShim

/// The kernels of one instruction-set tier. `tables`, one file per architecture, is the only list of them: dispatch, tests
/// and benchmarks all walk it.
public struct KernelTable: Sendable {
  public let tier: CPUTier
  public let activationFormat: ActivationFormat
  /// Most output pixels that one tile of the int8 GEMM computes.
  public let tileRows: Int
  public package(set) var gemmInt8: @Sendable (UnsafePointer<gemm_task>) -> Void
  public let gemmFloat: @Sendable (UnsafePointer<gemm_task>) -> Void
  public let quantize: @Sendable (UnsafePointer<quantize_task>) -> Void
  public let largestMagnitude: @Sendable (UnsafePointer<Float>, Int) -> Float
  public let depthwise: @Sendable (UnsafePointer<depthwise_task>) -> Void
  public let maxPool: @Sendable (UnsafePointer<max_pool_task>) -> Void
  /// (input, pixels, channels, output, first channel, end channel)
  public let globalAveragePool:
    @Sendable (UnsafePointer<Float>, Int, Int, UnsafeMutablePointer<Float>, Int, Int) -> Void
  /// (a, b or nil, output, count, lower, upper)
  public let addClamped:
    @Sendable (UnsafePointer<Float>, UnsafePointer<Float>?, UnsafeMutablePointer<Float>, Int, Float, Float) -> Void
  public let dot: @Sendable (UnsafePointer<Float>, UnsafePointer<Float>, Int) -> Float
  public let softmax: @Sendable (UnsafeMutablePointer<Float>, Int) -> Void
  public let bilinear: @Sendable (UnsafePointer<bilinear_task>) -> Void
  /// (input, rows, channels, epsilon, weight, bias, output)
  public let layerNorm:
    @Sendable (
      UnsafePointer<Float>, Int, Int, Float, UnsafePointer<Float>, UnsafePointer<Float>, UnsafeMutablePointer<Float>
    ) -> Void
  /// (input, output, count)
  public package(set) var gelu: @Sendable (UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int) -> Void
  /// Register-only loops: (iterations, 128 bytes of operands) gives the multiply-accumulates done.
  public let peakInt8, peakFloat: @Sendable (Int, UnsafeRawPointer) -> Int
  /// Reads (memory, bytes) once, in order, and gives something that depends on all of them.
  public let readMemory: @Sendable (UnsafeRawPointer, Int) -> Int32
  public let training: TrainingKernels

  /// The kernels of `tier`.
  /// - Precondition: the tier is available on this CPU.
  public static func table(for tier: CPUTier) -> KernelTable {
    precondition(tier.isAvailable)
    return tables[tier] ?? reference
  }

  static let reference = reference(.eightBits)

  /// The scalar kernels on the levels of any format; they store unsigned bytes.
  package static func reference(_ format: ActivationFormat) -> KernelTable {
    KernelTable(
      tier: .reference, activationFormat: format == .signedEightBits ? .eightBits : format, tileRows: 1,
      gemmInt8: Reference.gemmInt8, gemmFloat: Reference.gemmFloat, quantize: Reference.quantize,
      largestMagnitude: Reference.largestMagnitude, depthwise: Reference.depthwise, maxPool: Reference.maxPool,
      globalAveragePool: Reference.globalAveragePool, addClamped: Reference.addClamped, dot: Reference.dot,
      softmax: Reference.softmax, bilinear: Reference.bilinear, layerNorm: Reference.layerNorm, gelu: Reference.gelu,
      peakInt8: Reference.peakInt8, peakFloat: Reference.peakFloat,
      readMemory: Reference.readMemory, training: .reference)
  }
}
