import CShim

/// All kernels of this tier, compiled for its instruction set.
public func kernelFunctions() -> kernel_functions {
  kernel_functions(
    tileRows: mostTileRows,
    activationBits: activationBits,
    storesSigned: levelMask == 0 ? 0 : 1,
    gemmInt8: gemmInt8,
    gemmFloat: gemmFloat,
    winogradWeights: winogradWeightsOfTier,
    winogradInput: winogradInputOfTier,
    winogradProducts: winogradProductsOfTier,
    quantize: quantize,
    largestMagnitude: largestMagnitude,
    depthwise: depthwise,
    maxPool: maxPool,
    averagePool: averagePool,
    globalAveragePool: globalAveragePool,
    addClamped: addClamped,
    dot: dot,
    softmax: softmax,
    bilinear: bilinear,
    resampleRows: resampleRows,
    resampleColumns: resampleColumns,
    roundToLevels: roundToLevels,
    blendPixels: blendPixels,
    layerNorm: layerNorm,
    multiply: multiply,
    prelu: prelu,
    activate: activate,
    clampGradient: clampGradient,
    activationGradient: activationGradient,
    softmaxGradient: softmaxGradient,
    layerNormGradient: layerNormGradient,
    maxPoolGradient: maxPoolGradient,
    averagePoolGradient: averagePoolGradient,
    depthwiseGradient: depthwiseGradient,
    foldColumns: foldColumns,
    bilinearGradient: bilinearGradient,
    moments: moments,
    normalize: normalize,
    normalizeGradient: normalizeGradient,
    descend: descend,
    gemmBFloat16: gemmBFloat16,
    roundToBFloat16: roundToBFloat16,
    peakInt8: peakInt8,
    peakFloat: peakFloat,
    readMemory: readMemory)
}

/// Most rows of a tile of any of the GEMMs.
private var mostTileRows: Int {
  #if TIER_I8MM
    packedTileRows
  #else
    tileRows
  #endif
}

private typealias WeightsFunction =
  @convention(c) (
    UnsafePointer<Int8>, Int, UnsafeMutablePointer<Int16>
  ) -> Int32
private typealias InputFunction = @convention(c) (UnsafePointer<winograd_input_task>) -> Void
private typealias ProductsFunction = @convention(c) (UnsafePointer<winograd_products_task>) -> Void

#if TIER_SSE4 || TIER_AVX2
  private var winogradWeightsOfTier: WeightsFunction? { winogradWeights }
  private var winogradInputOfTier: InputFunction? { winogradInput }
  private var winogradProductsOfTier: ProductsFunction? { winogradProducts }
#else
  private var winogradWeightsOfTier: WeightsFunction? { nil }
  private var winogradInputOfTier: InputFunction? { nil }
  private var winogradProductsOfTier: ProductsFunction? { nil }
#endif
