import KernelsAVX2
import KernelsAVX512BF16
import KernelsAVX512VNNI
import KernelsAVXVNNI
import KernelsSSE4

extension TrainingKernels {
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
