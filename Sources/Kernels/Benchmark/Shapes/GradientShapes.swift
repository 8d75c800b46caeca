// Input gradients: of element-wise operators, of operators on tokens, and of windows.

import CShim

extension KernelShape {
  public static func clampGradient(count: Int) -> KernelShape {
    KernelShape("clamp-gradient", "\(count)", floats: 3 * count, tolerance: 0) { operands in
      let (gradient, output) = (operands.floats(count), operands.floats(count, in: -1...7))
      return operands.writing(count) {
        operands.context.clampGradient(gradient, output: output, clamp: .relu6, result: $0, count: count)
      }
    }
  }

  /// A softmax over each row.
  public static func softmaxGradient(rows: Int, channels: Int) -> KernelShape {
    KernelShape(
      "softmax-gradient", "\(rows)x\(channels)", floats: 3 * rows * channels,
      tolerance: 8 * Float.ulpOfOne * Float(channels).squareRoot()
    ) { operands in
      let gradient = operands.floats(rows * channels)
      let probabilities = operands.floats(rows * channels, in: 0...2 / Float(channels))
      let context = operands.context
      return operands.writing(rows * channels) { result in
        context.forEachRange(count: rows, grain: max(1, 16384 / channels)) { part in
          for i in part.map({ $0 * channels }) {
            context.kernels.functions.softmaxGradient(gradient + i, probabilities + i, result + i, channels, 0.125)
          }
        }
      }
    }
  }

  public static func layerNormGradient(rows: Int, channels: Int) -> KernelShape {
    KernelShape(
      "layer-norm-gradient", "\(rows)x\(channels)", floats: (3 * rows + 1) * channels,
      tolerance: 16 * Float.ulpOfOne * Float(channels).squareRoot()
    ) { operands in
      let (gradient, input) = (operands.floats(rows * channels), operands.floats(rows * channels, in: -2...3))
      let weight = operands.floats(channels)
      return operands.writing(rows * channels) {
        operands.context.layerNormGradient(
          gradient, input: input, rows: rows, channels: channels, epsilon: 1e-6, weight: weight, result: $0)
      }
    }
  }

  public static func maxPoolGradient(_ w: WindowShape) -> KernelShape {
    var shape = KernelShape(
      "max-pool-gradient", w.description, floats: 2 * (w.inputCount + w.outputCount),
      tolerance: 4 * Float.ulpOfOne * Float(w.kernel)
    ) { operands in
      let (input, output) = (operands.floats(w.inputCount), operands.uninitialized(w.outputCount))
      let gradient = operands.floats(w.outputCount)
      operands.context.maxPool(w.geometry, input: input, output: output)
      return operands.writing(w.inputCount) {
        operands.context.maxPoolGradient(
          images: 1, w.geometry, input: input, output: output, gradient: gradient, result: $0)
      }
    }
    shape.window = w
    return shape
  }

  public static func averagePoolGradient(_ w: WindowShape, countsPadding: Bool = false) -> KernelShape {
    var shape = KernelShape(
      "average-pool-gradient", w.description + (countsPadding ? " counts padding" : ""),
      floats: w.inputCount + w.outputCount, tolerance: 4 * Float.ulpOfOne * Float(w.kernel)
    ) { operands in
      let gradient = operands.floats(w.outputCount)
      return operands.writing(w.inputCount) {
        operands.context.averagePoolGradient(
          images: 1, w.geometry, countsPadding: countsPadding, gradient: gradient, result: $0)
      }
    }
    shape.window = w
    return shape
  }

  public static func depthwiseGradient(_ w: WindowShape) -> KernelShape {
    var shape = KernelShape(
      "depthwise-gradient", w.description, macs: w.outputCount * w.taps,
      floats: w.inputCount + w.outputCount + w.taps * PanelLayout.padded(w.channels),
      tolerance: 32 * Float.ulpOfOne * Float(w.kernel)
    ) { operands in
      let weights = operands.floats(w.taps * PanelLayout.padded(w.channels))
      let gradient = operands.floats(w.outputCount)
      return operands.writing(w.inputCount) {
        operands.context.depthwiseGradient(
          images: 1, w.geometry, weights: weights, gradient: gradient, result: $0)
      }
    }
    shape.window = w
    return shape
  }

  /// The transpose of im2col.
  public static func foldColumns(_ w: WindowShape) -> KernelShape {
    var shape = KernelShape(
      "fold-columns", w.description, floats: w.inputCount + w.outputCount * w.taps,
      tolerance: 4 * Float.ulpOfOne * Float(w.kernel)
    ) { operands in
      let columns = operands.floats(w.outputCount * w.taps)
      let context = operands.context
      return operands.writing(w.inputCount) { result in
        context.forEachRow(images: 1, w.geometry) { _, rows in
          var task = fold_task(
            window: w.geometry.shape, columns: columns, result: result, first_row: rows.lowerBound,
            end_row: rows.upperBound)
          context.kernels.functions.foldColumns(&task)
        }
      }
    }
    shape.window = w
    return shape
  }

  /// The gradient of a square plane that was enlarged.
  public static func bilinearGradient(side: Int, outputSide: Int) -> KernelShape {
    KernelShape(
      "bilinear-gradient", "\(outputSide)x\(outputSide)->\(side)x\(side)",
      floats: side * side + outputSide * outputSide,
      tolerance: 32 * Float.ulpOfOne
    ) { operands in
      let gradient = operands.floats(outputSide * outputSide)
      return operands.writing(side * side) {
        operands.context.bilinearGradient(
          gradient, height: side, width: side, outputHeight: outputSide, outputWidth: outputSide, result: $0)
      }
    }
  }
}
