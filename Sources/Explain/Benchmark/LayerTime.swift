import Kernels

/// What one step of a plan costs.
public struct LayerTime: Sendable, Encodable {
  /// The node whose result the step writes, or prepares.
  public var node: String
  public var operation: String
  public var milliseconds: Double
  /// Multiply-accumulates.
  public var macs: Int
  /// Bytes that the step reads and writes at least: activations, and weights once.
  public var bytes: Int
  /// 10^9 multiply-accumulates per second.
  public var gigaMACs: Double { Double(macs) / milliseconds * 1e-6 }
  /// 10^9 bytes per second.
  public var gigaBytes: Double { Double(bytes) / milliseconds * 1e-6 }
}

extension Session {
  /// Medians of every step of an explanation (of a classification, where the model has no head), in order.
  ///
  /// - Parameter input: normalised `[size, size, 3]`.
  public func layerTimes(_ input: UnsafePointer<Float>, rounds: Int) throws(EngineError) -> [LayerTime] {
    let executor = try makeExplainer()
    executor.input.update(from: input, count: model.description.graph.inputShape.count)
    let times = context.withFlushedDenormals {
      executor.run()
      return measureInterleaved(
        rounds: rounds, executor.plan.steps.map { step in { executor.run(step) } })
    }
    return zip(executor.plan.steps, times).map { step, time in
      let cost = step.kind.cost(context.kernels.activationFormat)
      return LayerTime(
        node: step.name, operation: step.kind.name, milliseconds: time.median * 1e3, macs: cost.macs, bytes: cost.bytes)
    }
  }
}

extension ExecutionPlan.Kind {
  fileprivate var name: String {
    switch self {
    case .prepare: "quantize"
    case .convolution(let plan, _, _, _, _):
      "conv \(plan.layout.kernelHeight)x\(plan.layout.kernelWidth) \(plan.layout.channels)->\(plan.outputChannels)"
    case .depthwise(let g, _, _): "depthwise \(g.kernelHeight)x\(g.kernelWidth)/\(g.stride) \(g.channels)"
    case .maxPool(let g): "max pool \(g.kernelHeight)x\(g.kernelWidth)/\(g.stride)"
    case .globalAveragePool: "average pool"
    case .add: "add"
    case .gelu: "gelu"
    case .layerNorm: "layer norm"
    case .tokens: "tokens"
    case .attention(let plan, _): "attention \(plan.heads) heads"
    case .copy: "copy"
    }
  }

  fileprivate func cost(_ format: ActivationFormat) -> (macs: Int, bytes: Int) {
    let float = MemoryLayout<Float>.size
    func image(_ g: WindowGeometry) -> Int {
      (g.height * g.width + g.outputHeight * g.outputWidth) * g.channels * float
    }
    switch self {
    case .prepare(let form):
      return (0, form.height * form.width * form.channels * float + form.byteCount(format))
    case .convolution(let plan, _, _, let residual, _):
      let output = plan.outputHeight * plan.outputWidth * plan.outputChannels * float
      let weights =
        PanelLayout.panels(plan.outputChannels) * plan.layout.panelBytes * (plan.input.element == .float ? 4 : 1)
      return (plan.macs, plan.input.byteCount(format) + output * (residual == nil ? 1 : 2) + weights)
    case .depthwise(let g, _, _):
      return (g.outputHeight * g.outputWidth * g.channels * g.kernelHeight * g.kernelWidth, image(g))
    case .maxPool(let g): return (0, image(g))
    case .globalAveragePool(let shape): return (0, shape.count * float)
    case .add(let other, _, let count): return (0, count * float * (other == nil ? 2 : 3))
    case .gelu(let count), .copy(_, let count): return (0, 2 * count * float)
    case .layerNorm(let shape, _, _, _): return (0, 2 * shape.count * float)
    case .tokens(let shape, _, _): return (0, 3 * shape.count * float)
    case .attention(let plan, _): return (plan.macs, 4 * plan.tokens * plan.channels * float)
    }
  }
}
