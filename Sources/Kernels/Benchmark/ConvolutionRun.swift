extension ConvolutionShape {
  /// Convolutions with pseudo-random operands.
  func makeRun(_ context: ExecutionContext) -> KernelRun {
    var noise = Noise(seed: 1)
    let (layout, form, format) = (layout, prepared, context.kernels.activationFormat)
    let plan = ConvolutionPlan(
      input: form, layout: layout, stride: stride, top: form.top, left: form.left, outputHeight: window.outputHeight,
      outputWidth: window.outputWidth, outputChannels: outputs, quantizedOutput: quantizedOutput, context: context)
    let input = PreparedMemory(form, format)
    context.prepare(
      noise.floats(height * width * channels, in: isSigned ? -2...2 : 0...2), as: form, into: input.levels.pointer,
      scales: input.scales.floats)
    let padded = PanelLayout.padded(outputs)
    let panels = AlignedMemory(bytes: weightCount * (isFloat ? MemoryLayout<Float>.size : 1))
    if isFloat {
      for i in 0..<weightCount { panels.floats[i] = Float(Int64(bitPattern: noise.next()) >> 40) / Float(1 << 27) }
    } else {
      fillWithLevels(panels, &noise)
    }
    let scale = AlignedMemory(noise.floats(padded, in: 0.001...0.01))
    let bias = AlignedMemory(noise.floats(padded))
    let sums = isFloat ? nil : columnSums(panels.pointer.assumingMemoryBound(to: Int8.self), layout)
    let residual = addend(context, &noise)
    // One body for both results.
    let convolve = {
      [isFloat] (epilogue: Epilogue, output: UnsafeMutablePointer<Float>?, quantized: QuantizedOutput?) in
      let weights = DenseWeights(
        panels: UnsafeRawPointer(panels.pointer), scale: isFloat ? nil : UnsafePointer(scale.floats),
        bias: bias.floats, columnSums: sums.map { UnsafePointer($0.pointer.assumingMemoryBound(to: Int32.self)) })
      context.convolution(
        plan, input: input.levels.pointer, scales: input.scales.floats, weights: weights,
        residual: residual?.residual, epilogue: epilogue, output: output, quantized: quantized)
    }
    guard let quantizedOutput else { return writing(outputCount) { convolve(Epilogue(), $0, nil) } }
    let target = PreparedMemory(quantizedOutput, format)
    let epilogue = Epilogue(clamp: .relu)
    if plan.canQuantizeOutput {
      return KernelRun(run: { convolve(epilogue, nil, target.output) }, result: { target.result })
    }
    // As the engine does it where no chunk of the plan can quantize what it computed.
    let floats = AlignedMemory(floats: outputCount)
    return KernelRun(
      run: {
        convolve(epilogue, floats.floats, nil)
        context.prepare(
          floats.floats, as: quantizedOutput, into: target.levels.pointer, scales: target.scales.floats)
      }, result: { target.result })
  }

  /// The residual: levels if the output is, Floats otherwise.
  private func addend(_ context: ExecutionContext, _ noise: inout Noise) -> Addend? {
    guard hasResidual else { return nil }
    guard let residualForm else { return .float(AlignedMemory(noise.floats(outputCount))) }
    let memory = PreparedMemory(residualForm, context.kernels.activationFormat)
    context.prepare(
      noise.floats(outputCount, in: 0...2), as: residualForm, into: memory.levels.pointer, scales: memory.scales.floats)
    return .quantized(memory)
  }

  /// Sums over packed panels. Random panels hold weights in places that fill up groups, too; those meet activations that
  /// stand for zero, whose shift is taken out here like any other.
  private func columnSums(_ panels: UnsafePointer<Int8>, _ layout: ReductionLayout) -> AlignedMemory {
    let width = PanelLayout.width
    let count = PanelLayout.panels(outputs) * layout.blocks * width
    let memory = AlignedMemory(bytes: count * MemoryLayout<Int32>.size)
    let sums = memory.pointer.assumingMemoryBound(to: Int32.self)
    sums.update(repeating: 0, count: count)
    var weights = panels
    for panel in 0..<PanelLayout.panels(outputs) {
      for run in layout.runs {
        let block = sums + (panel * layout.blocks + run.block) * width
        for _ in 0..<run.groups {
          for i in 0..<width * PanelLayout.group { block[i / PanelLayout.group] += Int32(weights[i]) }
          weights += width * PanelLayout.group
        }
      }
    }
    return memory
  }
}

/// Owns a residual.
private enum Addend {
  case float(AlignedMemory)
  case quantized(PreparedMemory)

  var residual: Residual {
    switch self {
    case .float(let memory): .float(memory.floats)
    case .quantized(let memory):
      .quantized(memory.form, levels: memory.levels.pointer, scales: memory.scales.floats)
    }
  }
}
