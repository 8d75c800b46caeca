import Kernels

/// Runs a plan in an arena of its own.
final class Executor {
  let plan: ExecutionPlan
  private let context: ExecutionContext
  private let arena: UnsafeMutableRawPointer

  /// - Throws: `EngineError.outOfMemory` if the arena cannot be had.
  init(_ plan: ExecutionPlan, context: ExecutionContext) throws(EngineError) {
    self.plan = plan
    self.context = context
    arena = try allocateAligned(max(1, plan.arenaBytes))
  }

  deinit { arena.deallocate() }

  /// Where the network's input goes: normalised, `[height, width, channels]`.
  var input: UnsafeMutablePointer<Float> { floats(plan.input) }

  /// A requested node's result, valid until the next run.
  func output(_ name: String) -> UnsafePointer<Float> {
    guard let tensor = plan.outputs[name] else { preconditionFailure("\(name) was not requested") }
    return UnsafePointer(floats(tensor))
  }

  func run() {
    for step in plan.steps { run(step) }
  }

  /// Runs again, step by step, up to the first whose result holds infinity or what is no number; nil if none does.
  func firstNotFinite(shapes: [String: Shape]) -> String? {
    for step in plan.steps {
      run(step)
      let results = [
        step.output.map { UnsafeBufferPointer(start: floats($0), count: shapes[step.name]?.count ?? 0) },
        step.prepared.map { UnsafeBufferPointer(start: floats($0.scales), count: $0.form.scaleCount) },
      ]
      if results.contains(where: { $0?.allSatisfy(\.isFinite) == false }) { return step.name }
    }
    return nil
  }

  func run(_ step: ExecutionPlan.Step) {
    let output = step.output.map(floats)
    let quantized = step.prepared.map {
      QuantizedOutput(form: $0.form, levels: pointer($0.levels), scales: floats($0.scales))
    }
    switch step.kind {
    case .convolution(let plan, let weights, let scales, let residual, let epilogue):
      context.convolution(
        plan, input: pointer(step.input), scales: floats(scales), weights: weights,
        residual: residual.map(addend), epilogue: epilogue, output: output, quantized: quantized)
    case .depthwise(let geometry, let weights, let clamp):
      context.depthwise(
        geometry, input: floats(step.input), weights: weights, clamp: clamp, output: output, quantized: quantized)
    case .maxPool(let geometry):
      context.maxPool(geometry, input: floats(step.input), output: output, quantized: quantized)
    case .layerNorm(let shape, let epsilon, let weight, let bias):
      context.layerNorm(
        floats(step.input), rows: shape.pixels, channels: shape.channels, epsilon: epsilon, weight: weight, bias: bias,
        output: output, quantized: quantized)
    case .prepare(let form):
      guard let quantized else { return }
      context.prepare(floats(step.input), as: form, into: quantized.levels, scales: quantized.scales)
    case .globalAveragePool, .add, .gelu, .tokens, .attention, .copy:
      guard let output else { return }
      runInFloat(step, output)
    }
  }

  /// Operators that only write Floats.
  private func runInFloat(_ step: ExecutionPlan.Step, _ output: UnsafeMutablePointer<Float>) {
    switch step.kind {
    case .globalAveragePool(let shape):
      context.globalAveragePool(floats(step.input), pixels: shape.pixels, channels: shape.channels, output: output)
    case .add(let other, let clamp, let count):
      context.add(
        floats(step.input), other.map { UnsafePointer(floats($0)) }, clamp: clamp, output: output, count: count)
    case .gelu(let count):
      context.gelu(floats(step.input), output: output, count: count)
    case .tokens(let shape, let classToken, let positions):
      context.embedTokens(
        floats(step.input), pixels: shape.pixels, channels: shape.channels, classToken: classToken,
        positions: positions,
        output: output)
    case .attention(let plan, let scratch):
      context.attention(plan, qkv: floats(step.input), scratch: floats(scratch), output: output)
    case .copy(let first, let count):
      output.update(from: floats(step.input) + first, count: count)
    case .prepare, .convolution, .depthwise, .maxPool, .layerNorm: break
    }
  }

  private func addend(_ residual: ExecutionPlan.Addend) -> Residual {
    switch residual {
    case .float(let tensor): .float(floats(tensor))
    case .quantized(let prepared):
      .quantized(prepared.form, levels: pointer(prepared.levels), scales: floats(prepared.scales))
    }
  }

  private func pointer(_ tensor: Int) -> UnsafeMutableRawPointer { arena + plan.buffers[tensor].offset }

  private func floats(_ tensor: Int) -> UnsafeMutablePointer<Float> {
    pointer(tensor).assumingMemoryBound(to: Float.self)
  }
}
