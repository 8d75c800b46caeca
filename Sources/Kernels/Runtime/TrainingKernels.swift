import CShim

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
}
