import CShim

extension KernelShape {
  /// A dense convolution of levels or Floats, as an implicit GEMM.
  public static func convolution(_ c: ConvolutionShape) -> KernelShape {
    convolution(c, c.isFloat ? "gemm-f32" : "gemm-int8", byWinograd: false)
  }

  /// A convolution of levels by Winograd's form, on instruction sets that gain by it; the others' is an implicit GEMM.
  public static func winograd(_ c: ConvolutionShape) -> KernelShape { convolution(c, "winograd", byWinograd: true) }

  /// What is made of the weights of 16 outputs for that form; nothing on other instruction sets.
  public static func winogradWeights(channels: Int) -> KernelShape {
    let words = Int(winograd_places) * channels * PanelLayout.width
    var shape = KernelShape(
      "winograd-weights", "3x3 \(channels)->\(PanelLayout.width)",
      bytes: { _ in 9 * channels * PanelLayout.width + words * MemoryLayout<Int16>.size }, tolerance: 0
    ) { operands in
      let weights = operands.levels(9 * channels * PanelLayout.width)
      let output = operands.bytes(words * MemoryLayout<Int16>.size).assumingMemoryBound(to: Int16.self)
      output.update(repeating: 0, count: words)
      let largest = operands.bytes(MemoryLayout<Int32>.size).assumingMemoryBound(to: Int32.self)
      largest.pointee = 0
      return operands.run {
        guard let transform = operands.context.kernels.functions.winogradWeights else { return }
        largest.pointee = transform(weights, channels / PanelLayout.group, output)
      } result: {
        let words = UnsafeBufferPointer(start: output, count: words)
        return KernelResult(values: [], levels: [largest.pointee] + words.map(Int32.init))
      }
    }
    shape.dependsOnFormat = true
    return shape
  }

  private static func convolution(_ c: ConvolutionShape, _ kernel: String, byWinograd: Bool) -> KernelShape {
    let text =
      "\(c.height)x\(c.width)x\(c.channels)->\(c.outputs)"
      + (c.kernel > 1 || c.stride > 1 ? " \(c.window.kernelText)" : "") + (c.groups > 1 ? " in \(c.groups)" : "")
      + (c.readsPixels ? " pixels" : "") + (c.hasResidual ? " +" : "")
      + (c.quantizedPadding.map { $0 > 0 ? " levels pad \($0)" : " levels" } ?? "")
    // Float: rounding grows with the square root of the reduction; 32 leaves room for the worst of many outputs. Int32 sums
    // are exact; only the Float accumulation over blocks may round differently.
    let tolerance =
      c.isFloat
      ? 32 * Float.ulpOfOne * Float(c.macsPerOutput).squareRoot()
      : 4 * Float.ulpOfOne * Float(c.layout.blocks + 2)
    var shape = KernelShape(
      kernel, text, macs: c.outputCount * c.macsPerOutput,
      bytes: { c.prepared.storedBytes($0) + c.outputBytes($0) + c.weightCount * (c.isFloat ? 4 : 1) },
      tolerance: tolerance
    ) { c.run($0, byWinograd: byWinograd) }
    shape.convolution = c
    (shape.isInteger, shape.dependsOnFormat) = (!c.isFloat, !c.isFloat)
    shape.quantizesSums = c.quantizedPadding != nil
    return shape
  }
}

extension ConvolutionShape {
  fileprivate func run(_ operands: KernelOperands, byWinograd: Bool) -> KernelRun {
    let (layout, context) = (layout, operands.context)
    let plan = ConvolutionPlan(
      input: prepared, layout: layout, stride: stride, top: prepared.top, left: prepared.left,
      outputHeight: window.outputHeight, outputWidth: window.outputWidth, outputChannels: outputs,
      quantizedOutput: quantizedOutput, context: context)
    let input = operands.prepared(prepared, in: isSigned ? -2...2 : 0...2)
    let padded = PanelLayout.padded(outputs)
    let weights: DenseWeights
    var winograd: WinogradPlan?
    if isFloat {
      let panels = operands.floats(weightCount, in: -0.0625...0.0625)
      weights = DenseWeights(
        panels: UnsafeRawPointer(panels), scale: nil, bias: operands.floats(padded), columnSums: nil)
    } else {
      let panels = operands.levels(weightCount)
      weights = DenseWeights(
        panels: UnsafeRawPointer(panels), scale: operands.floats(padded, in: 0.001...0.01),
        bias: operands.floats(padded), columnSums: columnSums(panels, layout, operands))
      if byWinograd, WinogradPlan.isWorthwhile(plan, context: context) {
        winograd = WinogradWeights(panels, layout, outputs: outputs, context: context).map {
          WinogradPlan(plan, weights: $0, wantsQuantized: quantizedOutput != nil, context: context)
        }
      }
    }
    let residual = residual(operands)
    // One body for both results.
    let convolve = { (epilogue: Epilogue, output: UnsafeMutablePointer<Float>?, quantized: QuantizedOutput?) in
      let operands = ConvolutionOperands(
        input: input.levels, scales: input.scales, weights: weights, residual: residual)
      if let winograd {
        context.convolution(winograd, operands, epilogue: epilogue, output: output, quantized: quantized)
      } else {
        context.convolution(plan, operands, epilogue: epilogue, output: output, quantized: quantized)
      }
    }
    guard let quantizedOutput else { return operands.writing(outputCount) { convolve(Epilogue(), $0, nil) } }
    let target = operands.prepared(quantizedOutput)
    let epilogue = Epilogue(clamp: .relu)
    if winograd?.canQuantizeOutput ?? plan.canQuantizeOutput {
      return operands.run {
        convolve(epilogue, nil, target.output)
      } result: {
        target.result
      }
    }
    // As the engine does it where no chunk of the plan can quantize what it computed.
    let floats = operands.uninitialized(outputCount)
    return operands.run {
      convolve(epilogue, floats, nil)
      context.prepare(floats, as: quantizedOutput, into: target.levels, scales: target.scales)
    } result: {
      target.result
    }
  }

  /// The residual: levels if the output is, Floats otherwise.
  private func residual(_ operands: KernelOperands) -> Residual? {
    guard hasResidual else { return nil }
    if let residualForm { return operands.prepared(residualForm, in: 0...2).residual }
    // Kernels read a residual in whole vectors, beyond its last channel.
    return .float(operands.floats(outputCount + PanelLayout.width))
  }

  /// Sums over packed panels. Random panels hold weights in places that fill up groups, too; those meet activations that
  /// stand for zero, whose shift is taken out here like any other.
  private func columnSums(
    _ panels: UnsafePointer<Int8>, _ layout: ReductionLayout, _ operands: KernelOperands
  ) -> UnsafePointer<Int32> {
    let width = PanelLayout.width
    let count = PanelLayout.panels(outputs) * layout.blocks * width
    let sums = operands.bytes(count * MemoryLayout<Int32>.size).assumingMemoryBound(to: Int32.self)
    sums.update(repeating: 0, count: count)
    for panel in 0..<PanelLayout.panels(outputs) {
      var block = sums + panel * layout.blocks * width
      var weights = panels + panel * layout.panelBytes
      for run in layout.runs(reading: layout.channels(ofPanel: panel)) {
        for _ in 0..<run.groups {
          for i in 0..<width * PanelLayout.group { block[i / PanelLayout.group] += Int32(weights[i]) }
          weights += width * PanelLayout.group
        }
        if run.endsBlock { block += width }
      }
    }
    return UnsafePointer(sums)
  }
}
