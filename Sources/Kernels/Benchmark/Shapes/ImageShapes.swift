// Kernels on images and planes.

extension KernelShape {
  /// Levels with scales of an image that is padded by `padding` pixels all around.
  public static func quantize(
    height: Int, width: Int, channels: Int, padding: Int, hasOneScale: Bool
  ) -> KernelShape {
    let form = PreparedInput(
      element: hasOneScale ? .quantizedWithOneScale(isSigned: true) : .quantized(isSigned: true), height: height,
      width: width, channels: channels, top: padding, left: padding, bottom: padding, right: padding)
    let count = height * width * channels
    var shape = KernelShape(
      "quantize",
      "\(height)x\(width)x\(channels)" + (padding > 0 ? " pad \(padding)" : "") + (hasOneScale ? " one scale" : ""),
      bytes: { count * MemoryLayout<Float>.size + form.storedBytes($0) }, tolerance: 0
    ) { operands in
      let input = operands.floats(count, in: -2...2)
      let prepared = operands.prepared(form)
      return operands.run {
        operands.context.prepare(input, as: form, into: prepared.levels, scales: prepared.scales)
      } result: {
        prepared.result
      }
    }
    shape.dependsOnFormat = true
    return shape
  }

  public static func depthwise(_ w: WindowShape) -> KernelShape {
    var shape = KernelShape(
      "depthwise", w.description, macs: w.outputCount * w.taps,
      bytes: { _ in (w.inputCount + w.outputCount) * 4 + PanelLayout.padded(w.channels) * (w.taps + 8) },
      tolerance: 32 * Float.ulpOfOne * Float(w.kernel)
    ) { operands in
      let padded = PanelLayout.padded(w.channels)
      let input = operands.floats(w.inputCount, in: 0...6)
      let weights = DepthwiseWeights(
        levels: operands.levels(w.taps * padded), floats: nil, scale: operands.floats(padded, in: 0.001...0.01),
        bias: operands.floats(padded))
      let plan = DepthwisePlan(w.geometry, weights: weights, threads: operands.context.pool.threads)
      return operands.writing(w.outputCount) {
        operands.context.depthwise(plan, input: .floats(input), clamp: .relu6, output: $0)
      }
    }
    shape.window = w
    return shape
  }

  public static func maxPool(_ w: WindowShape) -> KernelShape {
    var shape = KernelShape("max-pool", w.description, floats: w.inputCount + w.outputCount, tolerance: 0) { operands in
      let input = operands.floats(w.inputCount)
      return operands.writing(w.outputCount) { operands.context.maxPool(w.geometry, input: input, output: $0) }
    }
    shape.window = w
    return shape
  }

  public static func averagePool(_ w: WindowShape, countsPadding: Bool = false) -> KernelShape {
    var shape = KernelShape(
      "average-pool", w.description + (countsPadding ? " counts padding" : ""), floats: w.inputCount + w.outputCount,
      tolerance: 4 * Float.ulpOfOne * Float(w.kernel)
    ) { operands in
      let input = operands.floats(w.inputCount)
      return operands.writing(w.outputCount) {
        operands.context.averagePool(w.geometry, countsPadding: countsPadding, input: input, output: $0)
      }
    }
    shape.window = w
    return shape
  }

  public static func globalAveragePool(pixels: Int, channels: Int) -> KernelShape {
    KernelShape(
      "global-average-pool", "\(pixels)x\(channels)", floats: (pixels + 1) * channels,
      tolerance: 4 * Float.ulpOfOne * Float(pixels).squareRoot()
    ) { operands in
      let input = operands.floats(pixels * channels)
      return operands.writing(channels) {
        operands.context.globalAveragePool(input, pixels: pixels, channels: channels, output: $0)
      }
    }
  }

  /// Dot products of every pixel with one row of weights.
  public static func project(pixels: Int, channels: Int) -> KernelShape {
    KernelShape(
      "project", "\(pixels)x\(channels)", macs: pixels * channels, floats: pixels * channels + channels + pixels,
      tolerance: 32 * Float.ulpOfOne * Float(channels).squareRoot()
    ) { operands in
      let (input, row) = (operands.floats(pixels * channels), operands.floats(channels))
      return operands.writing(pixels) {
        operands.context.project(input, pixels: pixels, channels: channels, row: row, output: $0)
      }
    }
  }

  /// A square plane enlarged.
  public static func bilinear(side: Int, outputSide: Int) -> KernelShape {
    KernelShape(
      "bilinear", "\(side)x\(side)->\(outputSide)x\(outputSide)", floats: side * side + outputSide * outputSide,
      tolerance: 4 * Float.ulpOfOne
    ) { operands in
      let input = operands.floats(side * side)
      return operands.writing(outputSide * outputSide) {
        operands.context.bilinear(
          input, height: side, width: side, output: $0, outputHeight: outputSide, outputWidth: outputSide)
      }
    }
  }
}
