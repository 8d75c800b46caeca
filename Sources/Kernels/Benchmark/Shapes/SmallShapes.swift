extension KernelShape {
  /// Every kernel on shapes that are off the widths of vectors, tiles and blocks: what tests run, on every instruction set
  /// and between fences.
  package static let small: [KernelShape] =
    smallConvolutions + smallWinograd + smallVectors
    + [3, 15, 17, 33, 65, 1001].flatMap { activations(rows: 1, channels: $0) }
    + smallWindows + smallPlanes
    + smallRows + smallPictures

  private static let smallConvolutions: [KernelShape] =
    ([
      ConvolutionShape(height: 1, width: 1, channels: 1, outputs: 1, isSigned: true),
      ConvolutionShape(height: 1, width: 1, channels: 1280, outputs: 100),
      ConvolutionShape(height: 7, width: 7, channels: 64, outputs: 64),
      ConvolutionShape(height: 1, width: 13, channels: 64, outputs: 33, isSigned: true),
      ConvolutionShape(height: 6, width: 5, channels: 24, outputs: 40, isSigned: true, hasResidual: true),
      ConvolutionShape(height: 9, width: 9, channels: 257, outputs: 17, isSigned: true),
      ConvolutionShape(height: 5, width: 6, channels: 513, outputs: 33, stride: 2, isSigned: true),
      ConvolutionShape(height: 8, width: 9, channels: 64, outputs: 48, kernel: 3, hasResidual: true),
      ConvolutionShape(height: 12, width: 11, channels: 18, outputs: 31, kernel: 3, stride: 2, isSigned: true),
      ConvolutionShape(height: 14, width: 13, channels: 3, outputs: 32, kernel: 7, stride: 2, isSigned: true),
      ConvolutionShape(height: 6, width: 7, channels: 300, outputs: 65, kernel: 3),
      ConvolutionShape(height: 11, width: 9, channels: 20, outputs: 33, kernel: 3, dilation: 2, isSigned: true),
      ConvolutionShape(height: 11, width: 9, channels: 3, outputs: 20, kernel: 3, stride: 2, dilation: 3),
      // Panels of several groups, of parts of two, and of groups that end in another block of 256 channels.
      ConvolutionShape(height: 7, width: 6, channels: 48, outputs: 48, kernel: 3, groups: 12, isSigned: true),
      ConvolutionShape(
        height: 7, width: 6, channels: 72, outputs: 120, kernel: 3, dilation: 2, groups: 3, hasResidual: true),
      ConvolutionShape(height: 3, width: 5, channels: 560, outputs: 280, groups: 5, isSigned: true),
      ConvolutionShape(height: 6, width: 5, channels: 9, outputs: 21, kernel: 3, stride: 2, groups: 3),
    ].flatMap { shape in
      var float = shape
      float.isFloat = true
      return [shape, float]
    } + [
      ConvolutionShape(height: 14, width: 13, channels: 3, outputs: 32, kernel: 7, stride: 2, readsPixels: true),
      ConvolutionShape(height: 5, width: 9, channels: 3, outputs: 21, kernel: 3, readsPixels: true),
      ConvolutionShape(height: 1, width: 1, channels: 3, outputs: 5, readsPixels: true),
      ConvolutionShape(height: 9, width: 7, channels: 20, outputs: 300, kernel: 3, quantizedPadding: 1),
      ConvolutionShape(height: 9, width: 7, channels: 300, outputs: 40, hasResidual: true, quantizedPadding: 0),
      ConvolutionShape(height: 3, width: 5, channels: 64, outputs: 16, hasResidual: true, quantizedPadding: 0),
      ConvolutionShape(height: 3, width: 5, channels: 64, outputs: 23, hasResidual: true, quantizedPadding: 0),
      ConvolutionShape(height: 3, width: 5, channels: 64, outputs: 300, hasResidual: true, quantizedPadding: 0),
      ConvolutionShape(
        height: 5, width: 7, channels: 400, outputs: 400, kernel: 3, groups: 5, hasResidual: true, quantizedPadding: 1),
    ]).map(convolution)

  /// Of levels; maps of odd and of even sides, whose last tiles reach beyond the picture.
  private static let smallWinograd: [KernelShape] =
    [
      ConvolutionShape(height: 13, width: 11, channels: 16, outputs: 16, kernel: 3, isSigned: true),
      ConvolutionShape(height: 7, width: 14, channels: 272, outputs: 16, kernel: 3, hasResidual: true),
      ConvolutionShape(height: 7, width: 12, channels: 16, outputs: 272, kernel: 3, quantizedPadding: 1),
      ConvolutionShape(
        height: 8, width: 13, channels: 32, outputs: 48, kernel: 3, hasResidual: true, quantizedPadding: 0),
    ].map(winograd) + [16, 48].map(winogradWeights)

  private static let smallVectors: [KernelShape] =
    [1, 3, 15, 17, 33, 65, 1001].flatMap { count in
      [
        add(count: count), softmax(count: count), clampGradient(count: count),
        roundToBFloat16(count: count), descend(count: count),
      ]
    }

  private static let smallWindows: [KernelShape] =
    [
      WindowShape(height: 1, width: 1, channels: 1, kernel: 3, stride: 1),
      WindowShape(height: 9, width: 9, channels: 20, kernel: 5, stride: 2),
      WindowShape(height: 9, width: 8, channels: 33, kernel: 3, stride: 2),
      WindowShape(height: 4, width: 19, channels: 7, kernel: 2, stride: 2),
      WindowShape(height: 7, width: 30, channels: 16, kernel: 3, stride: 1),
      WindowShape(height: 6, width: 6, channels: 35, kernel: 6, stride: 6),
    ].flatMap { window in
      [
        depthwise(window), maxPool(window), averagePool(window), averagePool(window, countsPadding: true),
        averagePoolGradient(window), averagePoolGradient(window, countsPadding: true), maxPoolGradient(window),
        depthwiseGradient(window), foldColumns(window), bfloat16Convolution(window, outputs: 40),
      ]
    }
    + [
      WindowShape(height: 9, width: 13, channels: 33, kernel: 3, stride: 1, dilation: 2),
      WindowShape(height: 12, width: 9, channels: 20, kernel: 5, stride: 2, dilation: 3),
    ].flatMap { window in
      [depthwise(window), depthwiseGradient(window), foldColumns(window), bfloat16Convolution(window, outputs: 40)]
    }

  private static let smallPictures: [KernelShape] =
    [
      resampleRows(width: 1, rows: 1, columns: 1, taps: 1), resampleRows(width: 3, rows: 5, columns: 7, taps: 2),
      resampleRows(width: 41, rows: 9, columns: 17, taps: 5), resampleRows(width: 100, rows: 4, columns: 13, taps: 16),
    ]
    + [1, 3, 15, 17, 33, 65, 515, 1601].flatMap { count in
      [
        resampleColumns(count: count, taps: 1), resampleColumns(count: count, taps: 6), roundToLevels(count: count),
        blendPixels(count: count),
      ]
    }

  private static let smallPlanes: [KernelShape] = [
    quantize(height: 4, width: 5, channels: 18, padding: 1, hasOneScale: false),
    quantize(height: 2, width: 3, channels: 300, padding: 0, hasOneScale: false),
    quantize(height: 6, width: 6, channels: 3, padding: 2, hasOneScale: true),
    bilinear(side: 7, outputSide: 13), bilinear(side: 1, outputSide: 5), bilinearGradient(side: 7, outputSide: 13),
    bilinearGradient(side: 1, outputSide: 5),
  ]

  private static let smallRows: [KernelShape] =
    [(3, 50), (1, 16), (12, 70), (5, 1), (2, 257)].flatMap { rows, channels in
      [
        globalAveragePool(pixels: rows, channels: channels), prelu(rows: rows, channels: channels),
        multiply(rows: rows, channels: channels),
        project(pixels: rows, channels: channels),
        layerNorm(rows: rows, channels: channels), layerNormGradient(rows: rows, channels: channels),
        softmaxGradient(rows: rows, channels: channels), moments(rows: rows, channels: channels),
        normalize(rows: rows, channels: channels), normalizeGradient(rows: rows, channels: channels),
      ]
    } + [(1, 16, 1), (5, 12, 3), (50, 32, 2)].map { attention(tokens: $0, channels: $1, heads: $2) }
}
