// Kernels of training beside the gradients: bf16, batch normalisation, the optimiser's step.

import CShim

extension KernelShape {
  /// A dense convolution of bf16 activations and weights.
  public static func bfloat16Convolution(_ w: WindowShape, outputs: Int) -> KernelShape {
    let (top, bottom) = w.padding(w.height)
    let (left, right) = w.padding(w.width)
    let operand = PreparedInput(
      element: .bfloat16, height: w.height, width: w.width, channels: w.channels, top: top, left: left,
      bottom: bottom, right: right)
    let layout = w.layout
    let count = PanelLayout.padded(outputs) * layout.depth
    let outputCount = w.outputHeight * w.outputWidth * outputs
    var shape = KernelShape(
      "gemm-bf16",
      "\(w.height)x\(w.width)x\(w.channels)->\(outputs)"
        + (w.kernel > 1 || w.stride > 1 ? " \(w.kernelText)" : ""),
      macs: outputCount * w.taps * w.channels,
      bytes: { operand.byteCount($0) + 2 * count + 4 * outputCount },
      tolerance: 32 * Float.ulpOfOne * Float(w.taps * w.channels).squareRoot()
    ) { operands in
      let context = operands.context
      let plan = BatchConvolution(
        operand: operand, layout: layout, stride: w.stride, outputHeight: w.outputHeight, outputWidth: w.outputWidth,
        outputChannels: outputs, context: context)
      let (input, activations) = (
        operands.floats(w.inputCount), operands.bytes(operand.byteCount(context.kernels.activationFormat))
      )
      context.prepare(input, as: operand, into: activations, scales: nil)
      let (panels, bias) = (operands.bfloat16(count), operands.floats(PanelLayout.padded(outputs)))
      return operands.writing(outputCount) {
        context.convolution(
          plan, operand: activations, panels: panels, bias: bias, residual: nil, clamp: .none, output: $0)
      }
    }
    shape.window = w
    return shape
  }

  public static func roundToBFloat16(count: Int) -> KernelShape {
    KernelShape("round-bf16", "\(count)", bytes: { _ in 6 * count }, tolerance: 0) { operands in
      let input = operands.floats(count)
      let output = operands.bytes(2 * count).assumingMemoryBound(to: UInt16.self)
      let context = operands.context
      return operands.run {
        context.forEachRange(count: count, grain: 16384) { part in
          context.kernels.functions.roundToBFloat16(input + part.lowerBound, output + part.lowerBound, part.count)
        }
      } result: {
        KernelResult(values: [], levels: (0..<count).map { Int32(output[$0]) })
      }
    }
  }

  /// Sums over rows of an operand and of a product.
  public static func moments(rows: Int, channels: Int) -> KernelShape {
    KernelShape(
      "moments", "\(rows)x\(channels)", floats: (2 * rows + 2) * channels,
      tolerance: 32 * Float.ulpOfOne * Float(rows).squareRoot()
    ) { operands in
      let (a, b) = (operands.floats(rows * channels, in: -1...3), operands.floats(rows * channels, in: 0...2))
      let (aCenter, bCenter) = (operands.floats(channels, in: 0.5...1), operands.floats(channels, in: 0.5...1))
      let context = operands.context
      return operands.writing(2 * channels) { sums in
        sums.update(repeating: 0, count: 2 * channels)
        context.forEachRange(count: channels, grain: 64) { part in
          var task = moments_task(
            a: a, b: b, a_center: aCenter, b_center: bCenter, rows: rows, channels: channels,
            first_channel: part.lowerBound, end_channel: part.upperBound, sum: sums, product: sums + channels)
          context.kernels.functions.moments(&task)
        }
      }
    }
  }

  /// Batch normalisation with its skip and ReLU.
  public static func normalize(rows: Int, channels: Int) -> KernelShape {
    KernelShape(
      "normalize", "\(rows)x\(channels)", floats: (3 * rows + 2) * channels, tolerance: 4 * Float.ulpOfOne
    ) { operands in
      let (input, skip) = (operands.floats(rows * channels), operands.floats(rows * channels))
      let (scale, shift) = (operands.floats(channels), operands.floats(channels))
      return operands.writing(rows * channels) {
        operands.context.normalizeAddRelu(
          input, scale: scale, shift: shift, skip: skip, output: $0, rows: rows, channels: channels)
      }
    }
  }

  public static func normalizeGradient(rows: Int, channels: Int) -> KernelShape {
    KernelShape(
      "normalize-gradient", "\(rows)x\(channels)", floats: (3 * rows + 4) * channels, tolerance: 8 * Float.ulpOfOne
    ) { operands in
      let (gradient, input) = (operands.floats(rows * channels), operands.floats(rows * channels))
      let (center, scale) = (operands.floats(channels), operands.floats(channels))
      let (slope, shift) = (operands.floats(channels), operands.floats(channels))
      return operands.writing(rows * channels) {
        operands.context.normalizationGradient(
          gradient, input: input, center: center, scale: scale, slope: slope, shift: shift, result: $0, rows: rows,
          channels: channels)
      }
    }
  }

  /// A step of gradient descent with momentum, from the same values and velocities in every run.
  public static func descend(count: Int) -> KernelShape {
    KernelShape("descend", "\(count)", floats: 5 * count, tolerance: 8 * Float.ulpOfOne) { operands in
      let (start, gradient) = (operands.floats(2 * count), operands.floats(count))
      return operands.writing(2 * count) { values in
        values.update(from: start, count: 2 * count)
        operands.context.descend(
          values, velocity: values + count, gradient: gradient, count: count, rate: 0.01, momentum: 0.9, decay: 1e-4)
      }
    }
  }
}
