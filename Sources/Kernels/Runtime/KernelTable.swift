import CShim
import KernelsAVX2
import KernelsAVX512BF16
import KernelsAVX512VNNI
import KernelsAVXVNNI
import KernelsSSE4

/// Range of quantized activations. All are stored as unsigned bytes.
public struct ActivationFormat: Sendable, Equatable {
  /// Largest level of activations that are never negative.
  public var largestUnsigned: Int32
  /// Largest magnitude of signed levels.
  public var largestSigned: Int32
  /// What is added to signed levels.
  public var zeroPoint: Int32
  /// Planes that a picture's pixels 0...255 are stored in: each pixel is the sum of its levels in all planes.
  public var pixelPlanes: Int

  /// For integer dot products.
  public static let eightBits = ActivationFormat(
    largestUnsigned: 255, largestSigned: 127, zeroPoint: 128, pixelPlanes: 1)
  /// For instructions that add pairs of products in 16 bits: 2 * 127 * 127 fits, 2 * 255 * 127 would saturate.
  public static let sevenBits = ActivationFormat(
    largestUnsigned: 127, largestSigned: 63, zeroPoint: 64, pixelPlanes: 2)
}

/// The kernels of one instruction-set tier. This is the only list of them: dispatch, tests and benchmarks all walk it.
public struct KernelTable: Sendable {
  public let tier: CPUTier
  public let activationFormat: ActivationFormat
  /// Most output pixels that one tile of the int8 GEMM computes.
  public let tileRows: Int
  public let gemmInt8: @Sendable (UnsafePointer<gemm_task>) -> Void
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
  public let gelu: @Sendable (UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int) -> Void
  /// Register-only loops: (iterations, 128 bytes of operands) gives the multiply-accumulates done.
  public let peakInt8, peakFloat: @Sendable (Int, UnsafeRawPointer) -> Int
  public let training: TrainingKernels

  /// The kernels of `tier`.
  /// - Precondition: the tier is available on this CPU.
  public static func table(for tier: CPUTier) -> KernelTable {
    precondition(tier.isAvailable)
    return switch tier {
    case .reference: reference
    case .sse4: sse4
    case .avx2: avx2
    case .avxvnni: avxvnni
    case .avx512vnni: avx512vnni
    case .avx512bf16: avx512bf16
    }
  }

  static let reference = reference(.eightBits)

  /// The scalar kernels, for activations of any format.
  package static func reference(_ format: ActivationFormat) -> KernelTable {
    KernelTable(
      tier: .reference, activationFormat: format, tileRows: 1,
      gemmInt8: Reference.gemmInt8, gemmFloat: Reference.gemmFloat, quantize: Reference.quantize,
      largestMagnitude: Reference.largestMagnitude, depthwise: Reference.depthwise, maxPool: Reference.maxPool,
      globalAveragePool: Reference.globalAveragePool, addClamped: Reference.addClamped, dot: Reference.dot,
      softmax: Reference.softmax, bilinear: Reference.bilinear, layerNorm: Reference.layerNorm, gelu: Reference.gelu,
      peakInt8: Reference.peakInt8, peakFloat: Reference.peakFloat, training: .reference)
  }

  static let sse4 = KernelTable(
    tier: .sse4, activationFormat: .sevenBits, tileRows: 4,
    gemmInt8: { KernelsSSE4.gemmInt8($0) }, gemmFloat: { KernelsSSE4.gemmFloat($0) },
    quantize: { KernelsSSE4.quantize($0) }, largestMagnitude: { KernelsSSE4.largestMagnitude(of: $0, count: $1) },
    depthwise: { KernelsSSE4.depthwise($0) }, maxPool: { KernelsSSE4.maxPool($0) },
    globalAveragePool: {
      KernelsSSE4.globalAveragePool($0, pixels: $1, channels: $2, output: $3, first: $4, end: $5)
    },
    addClamped: { KernelsSSE4.addClamped($0, $1, output: $2, count: $3, lower: $4, upper: $5) },
    dot: { KernelsSSE4.dot($0, $1, count: $2) }, softmax: { KernelsSSE4.softmax($0, count: $1) },
    bilinear: { KernelsSSE4.bilinear($0) },
    layerNorm: {
      KernelsSSE4.layerNorm($0, rows: $1, channels: $2, epsilon: $3, weight: $4, bias: $5, output: $6)
    },
    gelu: { KernelsSSE4.gelu($0, output: $1, count: $2) },
    peakInt8: { KernelsSSE4.peakInt8($0, $1).macs }, peakFloat: { KernelsSSE4.peakFloat($0, $1).macs },
    training: .sse4)

  static let avx2 = KernelTable(
    tier: .avx2, activationFormat: .sevenBits, tileRows: 5,
    gemmInt8: { KernelsAVX2.gemmInt8($0) }, gemmFloat: { KernelsAVX2.gemmFloat($0) },
    quantize: { KernelsAVX2.quantize($0) }, largestMagnitude: { KernelsAVX2.largestMagnitude(of: $0, count: $1) },
    depthwise: { KernelsAVX2.depthwise($0) }, maxPool: { KernelsAVX2.maxPool($0) },
    globalAveragePool: {
      KernelsAVX2.globalAveragePool($0, pixels: $1, channels: $2, output: $3, first: $4, end: $5)
    },
    addClamped: { KernelsAVX2.addClamped($0, $1, output: $2, count: $3, lower: $4, upper: $5) },
    dot: { KernelsAVX2.dot($0, $1, count: $2) }, softmax: { KernelsAVX2.softmax($0, count: $1) },
    bilinear: { KernelsAVX2.bilinear($0) },
    layerNorm: {
      KernelsAVX2.layerNorm($0, rows: $1, channels: $2, epsilon: $3, weight: $4, bias: $5, output: $6)
    },
    gelu: { KernelsAVX2.gelu($0, output: $1, count: $2) },
    peakInt8: { KernelsAVX2.peakInt8($0, $1).macs }, peakFloat: { KernelsAVX2.peakFloat($0, $1).macs },
    training: .avx2)

  static let avxvnni = KernelTable(
    tier: .avxvnni, activationFormat: .eightBits, tileRows: 6,
    gemmInt8: { KernelsAVXVNNI.gemmInt8($0) }, gemmFloat: { KernelsAVXVNNI.gemmFloat($0) },
    quantize: { KernelsAVXVNNI.quantize($0) }, largestMagnitude: { KernelsAVXVNNI.largestMagnitude(of: $0, count: $1) },
    depthwise: { KernelsAVXVNNI.depthwise($0) }, maxPool: { KernelsAVXVNNI.maxPool($0) },
    globalAveragePool: {
      KernelsAVXVNNI.globalAveragePool($0, pixels: $1, channels: $2, output: $3, first: $4, end: $5)
    },
    addClamped: { KernelsAVXVNNI.addClamped($0, $1, output: $2, count: $3, lower: $4, upper: $5) },
    dot: { KernelsAVXVNNI.dot($0, $1, count: $2) }, softmax: { KernelsAVXVNNI.softmax($0, count: $1) },
    bilinear: { KernelsAVXVNNI.bilinear($0) },
    layerNorm: {
      KernelsAVXVNNI.layerNorm($0, rows: $1, channels: $2, epsilon: $3, weight: $4, bias: $5, output: $6)
    },
    gelu: { KernelsAVXVNNI.gelu($0, output: $1, count: $2) },
    peakInt8: { KernelsAVXVNNI.peakInt8($0, $1).macs }, peakFloat: { KernelsAVXVNNI.peakFloat($0, $1).macs },
    training: .avxvnni)

  static let avx512vnni = KernelTable(
    tier: .avx512vnni, activationFormat: .eightBits, tileRows: 12,
    gemmInt8: { KernelsAVX512VNNI.gemmInt8($0) }, gemmFloat: { KernelsAVX512VNNI.gemmFloat($0) },
    quantize: { KernelsAVX512VNNI.quantize($0) },
    largestMagnitude: { KernelsAVX512VNNI.largestMagnitude(of: $0, count: $1) },
    depthwise: { KernelsAVX512VNNI.depthwise($0) }, maxPool: { KernelsAVX512VNNI.maxPool($0) },
    globalAveragePool: {
      KernelsAVX512VNNI.globalAveragePool($0, pixels: $1, channels: $2, output: $3, first: $4, end: $5)
    },
    addClamped: { KernelsAVX512VNNI.addClamped($0, $1, output: $2, count: $3, lower: $4, upper: $5) },
    dot: { KernelsAVX512VNNI.dot($0, $1, count: $2) }, softmax: { KernelsAVX512VNNI.softmax($0, count: $1) },
    bilinear: { KernelsAVX512VNNI.bilinear($0) },
    layerNorm: {
      KernelsAVX512VNNI.layerNorm($0, rows: $1, channels: $2, epsilon: $3, weight: $4, bias: $5, output: $6)
    },
    gelu: { KernelsAVX512VNNI.gelu($0, output: $1, count: $2) },
    peakInt8: { KernelsAVX512VNNI.peakInt8($0, $1).macs }, peakFloat: { KernelsAVX512VNNI.peakFloat($0, $1).macs },
    training: .avx512vnni)

  static let avx512bf16 = KernelTable(
    tier: .avx512bf16, activationFormat: .eightBits, tileRows: 12,
    gemmInt8: { KernelsAVX512BF16.gemmInt8($0) }, gemmFloat: { KernelsAVX512BF16.gemmFloat($0) },
    quantize: { KernelsAVX512BF16.quantize($0) },
    largestMagnitude: { KernelsAVX512BF16.largestMagnitude(of: $0, count: $1) },
    depthwise: { KernelsAVX512BF16.depthwise($0) }, maxPool: { KernelsAVX512BF16.maxPool($0) },
    globalAveragePool: {
      KernelsAVX512BF16.globalAveragePool($0, pixels: $1, channels: $2, output: $3, first: $4, end: $5)
    },
    addClamped: { KernelsAVX512BF16.addClamped($0, $1, output: $2, count: $3, lower: $4, upper: $5) },
    dot: { KernelsAVX512BF16.dot($0, $1, count: $2) }, softmax: { KernelsAVX512BF16.softmax($0, count: $1) },
    bilinear: { KernelsAVX512BF16.bilinear($0) },
    layerNorm: {
      KernelsAVX512BF16.layerNorm($0, rows: $1, channels: $2, epsilon: $3, weight: $4, bias: $5, output: $6)
    },
    gelu: { KernelsAVX512BF16.gelu($0, output: $1, count: $2) },
    peakInt8: { KernelsAVX512BF16.peakInt8($0, $1).macs }, peakFloat: { KernelsAVX512BF16.peakFloat($0, $1).macs },
    training: .avx512bf16)
}
