/// A kernel of one context on one shape, in memory of its own: it runs again and again, and shows what it has computed.
struct KernelRun {
  var run: () -> Void
  /// What the last run has written, in an order that all tiers share.
  var result: () -> KernelResult
}

extension KernelShape {
  /// The kernel with pseudo-random operands, the same for every context.
  func makeRun(_ context: ExecutionContext) -> KernelRun {
    var noise = Noise(seed: 1)
    switch self {
    case .convolution(let shape): return shape.makeRun(context)
    case .quantize(let height, let width, let channels, let padding, let hasOneScale):
      return quantizeRun(Self.quantized(height, width, channels, padding, hasOneScale), context)
    case .depthwise(let window): return window.depthwiseRun(context)
    case .maxPool(let window):
      let input = AlignedMemory(noise.floats(window.height * window.width * window.channels))
      return writing(window.outputCount) { context.maxPool(window.geometry, input: input.floats, output: $0) }
    case .averagePool(let pixels, let channels):
      let input = AlignedMemory(noise.floats(pixels * channels))
      return writing(channels) {
        context.globalAveragePool(input.floats, pixels: pixels, channels: channels, output: $0)
      }
    case .add(let count):
      let (a, b) = (AlignedMemory(noise.floats(count)), AlignedMemory(noise.floats(count)))
      return writing(count) { context.add(a.floats, b.floats, clamp: .relu, output: $0, count: count) }
    case .gelu(let count):
      let input = AlignedMemory(noise.floats(count, in: -4...4))
      return writing(count) { context.gelu(input.floats, output: $0, count: count) }
    case .layerNorm(let rows, let channels):
      let input = AlignedMemory(noise.floats(rows * channels, in: -2...3))
      let (weight, bias) = (AlignedMemory(noise.floats(channels)), AlignedMemory(noise.floats(channels)))
      return writing(rows * channels) {
        context.layerNorm(
          input.floats, rows: rows, channels: channels, epsilon: 1e-6, weight: weight.floats, bias: bias.floats,
          output: $0)
      }
    case .attention(let tokens, let channels, let heads):
      let plan = AttentionPlan(tokens: tokens, channels: channels, heads: heads)
      let qkv = AlignedMemory(noise.floats(tokens * 3 * channels, in: -2...2))
      let scratch = AlignedMemory(floats: plan.scratchFloats)
      return writing(tokens * channels) {
        context.attention(plan, qkv: qkv.floats, scratch: scratch.floats, output: $0)
      }
    case .softmax(let count):
      let input = AlignedMemory(noise.floats(count, in: -8...8))
      return writing(count) {
        $0.update(from: input.floats, count: count)
        context.softmax($0, count: count)
      }
    case .project(let pixels, let channels):
      let input = AlignedMemory(noise.floats(pixels * channels))
      let row = AlignedMemory(noise.floats(channels))
      return writing(pixels) {
        context.project(input.floats, pixels: pixels, channels: channels, row: row.floats, output: $0)
      }
    case .bilinear(let side, let outputSide):
      let input = AlignedMemory(noise.floats(side * side))
      return writing(outputSide * outputSide) {
        context.bilinear(
          input.floats, height: side, width: side, output: $0, outputHeight: outputSide, outputWidth: outputSide)
      }
    }
  }
}

/// A run of a body that writes `count` Floats.
func writing(_ count: Int, _ body: @escaping (UnsafeMutablePointer<Float>) -> Void) -> KernelRun {
  let output = AlignedMemory(floats: count)
  return KernelRun(run: { body(output.floats) }, result: { KernelResult(values: output.floatValues(count)) })
}

private func quantizeRun(_ form: PreparedInput, _ context: ExecutionContext) -> KernelRun {
  var noise = Noise(seed: 1)
  let input = AlignedMemory(noise.floats(form.height * form.width * form.channels, in: -2...2))
  let prepared = PreparedMemory(form, context.kernels.activationFormat)
  return KernelRun(
    run: { context.prepare(input.floats, as: form, into: prepared.levels.pointer, scales: prepared.scales.floats) },
    result: { prepared.result })
}

extension WindowShape {
  fileprivate func depthwiseRun(_ context: ExecutionContext) -> KernelRun {
    var noise = Noise(seed: 1)
    let padded = PanelLayout.padded(channels)
    let input = AlignedMemory(noise.floats(height * width * channels, in: 0...6))
    let levels = AlignedMemory(bytes: kernel * kernel * padded)
    fillWithLevels(levels, &noise)
    let scale = AlignedMemory(noise.floats(padded, in: 0.001...0.01))
    let bias = AlignedMemory(noise.floats(padded))
    return writing(outputCount) { [geometry] output in
      let weights = DepthwiseWeights(
        levels: levels.pointer.assumingMemoryBound(to: Int8.self), floats: nil, scale: scale.floats, bias: bias.floats)
      context.depthwise(geometry, input: input.floats, weights: weights, clamp: .relu6, output: output)
    }
  }
}

/// Levels -127...127.
func fillWithLevels(_ memory: AlignedMemory, _ noise: inout Noise) {
  let levels = memory.pointer.assumingMemoryBound(to: Int8.self)
  var bits: UInt64 = 0
  for i in 0..<memory.bytes {
    if i % 8 == 0 { bits = noise.next() }
    levels[i] = max(-127, Int8(truncatingIfNeeded: bits))
    bits >>= 8
  }
}
