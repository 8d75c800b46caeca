import CShim

extension Reference {
  /// The scalar kernels, which take the levels of any format and store unsigned bytes.
  ///
  /// - Parameter activationBits: of the levels that a caller is to make, 7 or 8.
  static func kernelFunctions(activationBits: Int) -> kernel_functions {
    kernel_functions(
      tileRows: 1,
      activationBits: activationBits,
      storesSigned: 0,
      gemmInt8: { Reference.gemmInt8($0) },
      gemmFloat: { Reference.gemmFloat($0) },
      winogradWeights: activationBits == 7 ? { Reference.winogradWeights($0, $1, $2) } : nil,
      winogradInput: activationBits == 7 ? { Reference.winogradInput($0) } : nil,
      winogradProducts: activationBits == 7 ? { Reference.winogradProducts($0) } : nil,
      quantize: { Reference.quantize($0) },
      largestMagnitude: { Reference.largestMagnitude($0, $1) },
      depthwise: { Reference.depthwise($0) },
      maxPool: { Reference.maxPool($0) },
      averagePool: { Reference.averagePool($0, $1) },
      globalAveragePool: { Reference.globalAveragePool($0, $1, $2, $3, $4, $5) },
      addClamped: { Reference.addClamped($0, $1, $2, $3, $4, $5) },
      dot: { Reference.dot($0, $1, $2) },
      softmax: { Reference.softmax($0, $1) },
      bilinear: { Reference.bilinear($0) },
      resampleRows: { Reference.resampleRows($0) },
      resampleColumns: { Reference.resampleColumns($0) },
      roundToLevels: { Reference.roundToLevels($0, $1, $2) },
      blendPixels: { Reference.blendPixels($0, $1, $2, $3) },
      layerNorm: { Reference.layerNorm($0, $1, $2, $3, $4, $5, $6) },
      multiply: { Reference.multiply($0, $1, $2, $3, $4) },
      prelu: { Reference.prelu($0, $1, $2, $3, $4, $5) },
      activate: { Reference.activate($0, $1, $2, $3) },
      clampGradient: { Reference.clampGradient($0, $1, $2, $3, $4, $5) },
      activationGradient: { Reference.activationGradient($0, $1, $2, $3, $4) },
      softmaxGradient: { Reference.softmaxGradient($0, $1, $2, $3, $4) },
      layerNormGradient: { Reference.layerNormGradient($0, $1, $2, $3, $4, $5, $6) },
      maxPoolGradient: { Reference.maxPoolGradient($0) },
      averagePoolGradient: { Reference.averagePoolGradient($0) },
      depthwiseGradient: { Reference.depthwiseGradient($0) },
      foldColumns: { Reference.foldColumns($0) },
      bilinearGradient: { Reference.bilinearGradient($0, $1) },
      moments: { Reference.moments($0) },
      normalize: { Reference.normalize($0) },
      normalizeGradient: { Reference.normalizeGradient($0) },
      descend: { Reference.descend($0) },
      gemmBFloat16: { Reference.gemmBFloat16($0) },
      roundToBFloat16: { Reference.roundToBFloat16($0, $1, $2) },
      peakInt8: { Reference.peakInt8($0, $1, $2) },
      peakFloat: { Reference.peakFloat($0, $1, $2) },
      readMemory: { Reference.readMemory($0, $1) })
  }
}
