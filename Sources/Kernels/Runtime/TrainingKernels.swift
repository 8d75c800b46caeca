import CShim
import KernelsAVX2
import KernelsAVX512BF16
import KernelsAVX512VNNI
import KernelsAVXVNNI
import KernelsSSE4

/// The kernels of one tier that only training needs.
public struct TrainingKernels: Sendable {
  typealias Values = UnsafePointer<Float>
  typealias Result = UnsafeMutablePointer<Float>

  /// (gradient, output, result, count, lower, upper)
  let clampGradient: @Sendable (Values, Values, Result, Int, Float, Float) -> Void
  /// (gradient, input, result, count)
  let geluGradient: @Sendable (Values, Values, Result, Int) -> Void
  /// (gradient, probabilities, result, count, scale)
  let softmaxGradient: @Sendable (Values, Values, Result, Int, Float) -> Void
  /// (gradient, input, rows, channels, epsilon, weight, result)
  let layerNormGradient: @Sendable (Values, Values, Int, Int, Float, Values, Result) -> Void
  let maxPoolGradient: @Sendable (UnsafePointer<max_pool_gradient_task>) -> Void
  let depthwiseGradient: @Sendable (UnsafePointer<depthwise_gradient_task>) -> Void
  let foldColumns: @Sendable (UnsafePointer<fold_task>) -> Void
  /// (the task of the forward pass, with the output's gradient as its output; result)
  let bilinearGradient: @Sendable (UnsafePointer<bilinear_task>, Result) -> Void
  let moments: @Sendable (UnsafePointer<moments_task>) -> Void
  let normalize: @Sendable (UnsafePointer<normalize_task>) -> Void
  let normalizeGradient: @Sendable (UnsafePointer<normalize_gradient_task>) -> Void
  let descend: @Sendable (UnsafePointer<descent_task>) -> Void
  let gemmBFloat16: @Sendable (UnsafePointer<gemm_task>) -> Void
  /// (input, output, count)
  let roundToBFloat16: @Sendable (Values, UnsafeMutablePointer<UInt16>, Int) -> Void
}

extension TrainingKernels {
  static let reference = TrainingKernels(
    clampGradient: Reference.clampGradient, geluGradient: Reference.geluGradient,
    softmaxGradient: Reference.softmaxGradient, layerNormGradient: Reference.layerNormGradient,
    maxPoolGradient: Reference.maxPoolGradient, depthwiseGradient: Reference.depthwiseGradient,
    foldColumns: Reference.foldColumns, bilinearGradient: Reference.bilinearGradient, moments: Reference.moments,
    normalize: Reference.normalize, normalizeGradient: Reference.normalizeGradient, descend: Reference.descend,
    gemmBFloat16: Reference.gemmBFloat16, roundToBFloat16: Reference.roundToBFloat16)

  static let sse4 = TrainingKernels(
    clampGradient: { KernelsSSE4.clampGradient($0, output: $1, result: $2, count: $3, lower: $4, upper: $5) },
    geluGradient: { KernelsSSE4.geluGradient($0, input: $1, result: $2, count: $3) },
    softmaxGradient: { KernelsSSE4.softmaxGradient($0, probabilities: $1, result: $2, count: $3, scale: $4) },
    layerNormGradient: {
      KernelsSSE4.layerNormGradient($0, input: $1, rows: $2, channels: $3, epsilon: $4, weight: $5, result: $6)
    },
    maxPoolGradient: { KernelsSSE4.maxPoolGradient($0) }, depthwiseGradient: { KernelsSSE4.depthwiseGradient($0) },
    foldColumns: { KernelsSSE4.foldColumns($0) }, bilinearGradient: { KernelsSSE4.bilinearGradient($0, result: $1) },
    moments: { KernelsSSE4.moments($0) }, normalize: { KernelsSSE4.normalize($0) },
    normalizeGradient: { KernelsSSE4.normalizeGradient($0) }, descend: { KernelsSSE4.descend($0) },
    gemmBFloat16: { KernelsSSE4.gemmBFloat16($0) },
    roundToBFloat16: { KernelsSSE4.roundToBFloat16($0, output: $1, count: $2) })

  static let avx2 = TrainingKernels(
    clampGradient: { KernelsAVX2.clampGradient($0, output: $1, result: $2, count: $3, lower: $4, upper: $5) },
    geluGradient: { KernelsAVX2.geluGradient($0, input: $1, result: $2, count: $3) },
    softmaxGradient: { KernelsAVX2.softmaxGradient($0, probabilities: $1, result: $2, count: $3, scale: $4) },
    layerNormGradient: {
      KernelsAVX2.layerNormGradient($0, input: $1, rows: $2, channels: $3, epsilon: $4, weight: $5, result: $6)
    },
    maxPoolGradient: { KernelsAVX2.maxPoolGradient($0) }, depthwiseGradient: { KernelsAVX2.depthwiseGradient($0) },
    foldColumns: { KernelsAVX2.foldColumns($0) }, bilinearGradient: { KernelsAVX2.bilinearGradient($0, result: $1) },
    moments: { KernelsAVX2.moments($0) }, normalize: { KernelsAVX2.normalize($0) },
    normalizeGradient: { KernelsAVX2.normalizeGradient($0) }, descend: { KernelsAVX2.descend($0) },
    gemmBFloat16: { KernelsAVX2.gemmBFloat16($0) },
    roundToBFloat16: { KernelsAVX2.roundToBFloat16($0, output: $1, count: $2) })

  static let avxvnni = TrainingKernels(
    clampGradient: { KernelsAVXVNNI.clampGradient($0, output: $1, result: $2, count: $3, lower: $4, upper: $5) },
    geluGradient: { KernelsAVXVNNI.geluGradient($0, input: $1, result: $2, count: $3) },
    softmaxGradient: { KernelsAVXVNNI.softmaxGradient($0, probabilities: $1, result: $2, count: $3, scale: $4) },
    layerNormGradient: {
      KernelsAVXVNNI.layerNormGradient($0, input: $1, rows: $2, channels: $3, epsilon: $4, weight: $5, result: $6)
    },
    maxPoolGradient: { KernelsAVXVNNI.maxPoolGradient($0) },
    depthwiseGradient: { KernelsAVXVNNI.depthwiseGradient($0) },
    foldColumns: { KernelsAVXVNNI.foldColumns($0) },
    bilinearGradient: { KernelsAVXVNNI.bilinearGradient($0, result: $1) },
    moments: { KernelsAVXVNNI.moments($0) }, normalize: { KernelsAVXVNNI.normalize($0) },
    normalizeGradient: { KernelsAVXVNNI.normalizeGradient($0) }, descend: { KernelsAVXVNNI.descend($0) },
    gemmBFloat16: { KernelsAVXVNNI.gemmBFloat16($0) },
    roundToBFloat16: { KernelsAVXVNNI.roundToBFloat16($0, output: $1, count: $2) })

  static let avx512vnni = TrainingKernels(
    clampGradient: { KernelsAVX512VNNI.clampGradient($0, output: $1, result: $2, count: $3, lower: $4, upper: $5) },
    geluGradient: { KernelsAVX512VNNI.geluGradient($0, input: $1, result: $2, count: $3) },
    softmaxGradient: { KernelsAVX512VNNI.softmaxGradient($0, probabilities: $1, result: $2, count: $3, scale: $4) },
    layerNormGradient: {
      KernelsAVX512VNNI.layerNormGradient($0, input: $1, rows: $2, channels: $3, epsilon: $4, weight: $5, result: $6)
    },
    maxPoolGradient: { KernelsAVX512VNNI.maxPoolGradient($0) },
    depthwiseGradient: { KernelsAVX512VNNI.depthwiseGradient($0) },
    foldColumns: { KernelsAVX512VNNI.foldColumns($0) },
    bilinearGradient: { KernelsAVX512VNNI.bilinearGradient($0, result: $1) },
    moments: { KernelsAVX512VNNI.moments($0) }, normalize: { KernelsAVX512VNNI.normalize($0) },
    normalizeGradient: { KernelsAVX512VNNI.normalizeGradient($0) }, descend: { KernelsAVX512VNNI.descend($0) },
    gemmBFloat16: { KernelsAVX512VNNI.gemmBFloat16($0) },
    roundToBFloat16: { KernelsAVX512VNNI.roundToBFloat16($0, output: $1, count: $2) })

  static let avx512bf16 = TrainingKernels(
    clampGradient: { KernelsAVX512BF16.clampGradient($0, output: $1, result: $2, count: $3, lower: $4, upper: $5) },
    geluGradient: { KernelsAVX512BF16.geluGradient($0, input: $1, result: $2, count: $3) },
    softmaxGradient: { KernelsAVX512BF16.softmaxGradient($0, probabilities: $1, result: $2, count: $3, scale: $4) },
    layerNormGradient: {
      KernelsAVX512BF16.layerNormGradient($0, input: $1, rows: $2, channels: $3, epsilon: $4, weight: $5, result: $6)
    },
    maxPoolGradient: { KernelsAVX512BF16.maxPoolGradient($0) },
    depthwiseGradient: { KernelsAVX512BF16.depthwiseGradient($0) },
    foldColumns: { KernelsAVX512BF16.foldColumns($0) },
    bilinearGradient: { KernelsAVX512BF16.bilinearGradient($0, result: $1) },
    moments: { KernelsAVX512BF16.moments($0) }, normalize: { KernelsAVX512BF16.normalize($0) },
    normalizeGradient: { KernelsAVX512BF16.normalizeGradient($0) }, descend: { KernelsAVX512BF16.descend($0) },
    gemmBFloat16: { KernelsAVX512BF16.gemmBFloat16($0) },
    roundToBFloat16: { KernelsAVX512BF16.roundToBFloat16($0, output: $1, count: $2) })
}
