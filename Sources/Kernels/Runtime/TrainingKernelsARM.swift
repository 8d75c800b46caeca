import KernelsDOTPROD
import KernelsI8MM
import KernelsNEON

extension TrainingKernels {
  static let neon = TrainingKernels(
    clampGradient: { KernelsNEON.clampGradient($0, output: $1, result: $2, count: $3, lower: $4, upper: $5) },
    geluGradient: { KernelsNEON.geluGradient($0, input: $1, result: $2, count: $3) },
    softmaxGradient: { KernelsNEON.softmaxGradient($0, probabilities: $1, result: $2, count: $3, scale: $4) },
    layerNormGradient: {
      KernelsNEON.layerNormGradient($0, input: $1, rows: $2, channels: $3, epsilon: $4, weight: $5, result: $6)
    },
    maxPoolGradient: { KernelsNEON.maxPoolGradient($0) }, depthwiseGradient: { KernelsNEON.depthwiseGradient($0) },
    foldColumns: { KernelsNEON.foldColumns($0) }, bilinearGradient: { KernelsNEON.bilinearGradient($0, result: $1) },
    moments: { KernelsNEON.moments($0) }, normalize: { KernelsNEON.normalize($0) },
    normalizeGradient: { KernelsNEON.normalizeGradient($0) }, descend: { KernelsNEON.descend($0) },
    gemmBFloat16: { KernelsNEON.gemmBFloat16($0) },
    roundToBFloat16: { KernelsNEON.roundToBFloat16($0, output: $1, count: $2) })

  static let dotprod = TrainingKernels(
    clampGradient: { KernelsDOTPROD.clampGradient($0, output: $1, result: $2, count: $3, lower: $4, upper: $5) },
    geluGradient: { KernelsDOTPROD.geluGradient($0, input: $1, result: $2, count: $3) },
    softmaxGradient: { KernelsDOTPROD.softmaxGradient($0, probabilities: $1, result: $2, count: $3, scale: $4) },
    layerNormGradient: {
      KernelsDOTPROD.layerNormGradient($0, input: $1, rows: $2, channels: $3, epsilon: $4, weight: $5, result: $6)
    },
    maxPoolGradient: { KernelsDOTPROD.maxPoolGradient($0) },
    depthwiseGradient: { KernelsDOTPROD.depthwiseGradient($0) },
    foldColumns: { KernelsDOTPROD.foldColumns($0) },
    bilinearGradient: { KernelsDOTPROD.bilinearGradient($0, result: $1) },
    moments: { KernelsDOTPROD.moments($0) }, normalize: { KernelsDOTPROD.normalize($0) },
    normalizeGradient: { KernelsDOTPROD.normalizeGradient($0) }, descend: { KernelsDOTPROD.descend($0) },
    gemmBFloat16: { KernelsDOTPROD.gemmBFloat16($0) },
    roundToBFloat16: { KernelsDOTPROD.roundToBFloat16($0, output: $1, count: $2) })

  static let i8mm = TrainingKernels(
    clampGradient: { KernelsI8MM.clampGradient($0, output: $1, result: $2, count: $3, lower: $4, upper: $5) },
    geluGradient: { KernelsI8MM.geluGradient($0, input: $1, result: $2, count: $3) },
    softmaxGradient: { KernelsI8MM.softmaxGradient($0, probabilities: $1, result: $2, count: $3, scale: $4) },
    layerNormGradient: {
      KernelsI8MM.layerNormGradient($0, input: $1, rows: $2, channels: $3, epsilon: $4, weight: $5, result: $6)
    },
    maxPoolGradient: { KernelsI8MM.maxPoolGradient($0) }, depthwiseGradient: { KernelsI8MM.depthwiseGradient($0) },
    foldColumns: { KernelsI8MM.foldColumns($0) }, bilinearGradient: { KernelsI8MM.bilinearGradient($0, result: $1) },
    moments: { KernelsI8MM.moments($0) }, normalize: { KernelsI8MM.normalize($0) },
    normalizeGradient: { KernelsI8MM.normalizeGradient($0) }, descend: { KernelsI8MM.descend($0) },
    gemmBFloat16: { KernelsI8MM.gemmBFloat16($0) },
    roundToBFloat16: { KernelsI8MM.roundToBFloat16($0, output: $1, count: $2) })
}
