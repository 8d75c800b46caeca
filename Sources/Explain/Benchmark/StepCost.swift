import Kernels

/// What a step of a plan has to compute and to move at least.
struct StepCost: Sendable, Equatable {
  /// Multiply-accumulates.
  var macs = 0
  /// True where these are done in Float rather than on int8 levels.
  var isFloat = true
  /// Bytes of activations that are read and written, each once.
  var activationBytes = 0
  /// Bytes of weights that are read, each once.
  var weightBytes = 0
}

extension ExecutionPlan.Step {
  /// What the step does, with its shapes.
  var operation: String {
    switch kind {
    case .convolution(let plan, _, _, _, _): "\(family) \(plan.layout.channels)->\(plan.outputChannels)"
    case .depthwise(let g, _, _): "\(family)/\(g.stride) \(g.channels)"
    case .maxPool(let g): "\(family) \(g.kernelHeight)x\(g.kernelWidth)/\(g.stride)"
    case .attention(let plan, _): "\(family) \(plan.heads) heads"
    default: family
    }
  }

  /// What the step does, whatever its shapes; a convolution's kernel size belongs to it.
  var family: String {
    switch kind {
    case .prepare: "quantize"
    case .convolution(let plan, _, _, _, _): "conv \(plan.layout.kernelHeight)x\(plan.layout.kernelWidth)"
    case .depthwise(let g, _, _): "depthwise \(g.kernelHeight)x\(g.kernelWidth)"
    case .maxPool: "max pool"
    case .globalAveragePool: "average pool"
    case .add: "add"
    case .gelu: "gelu"
    case .layerNorm: "layer norm"
    case .tokens: "tokens"
    case .attention: "attention"
    case .copy: "copy"
    }
  }

  func cost(_ format: ActivationFormat) -> StepCost {
    let float = MemoryLayout<Float>.size
    var cost = StepCost()
    switch kind {
    case .prepare(let form):
      cost.activationBytes = form.height * form.width * form.channels * float
    case .convolution(let plan, _, _, let residual, _):
      cost.macs = plan.macs
      cost.isFloat = plan.input.element == .float
      cost.activationBytes = plan.input.storedBytes(format)
      switch residual {
      case nil: break
      case .float: cost.activationBytes += outputCount * float
      case .quantized(let prepared): cost.activationBytes += prepared.form.storedBytes(format)
      }
      let panels = PanelLayout.panels(plan.outputChannels)
      // Scale, bias and column sums lie beside int8 panels, a bias beside Float ones.
      let perChannel = panels * PanelLayout.width * float * (cost.isFloat ? 1 : 2 + plan.layout.blocks)
      cost.weightBytes = panels * plan.layout.panelBytes * (cost.isFloat ? float : 1) + perChannel
    case .depthwise(let g, let weights, _):
      let taps = g.kernelHeight * g.kernelWidth
      cost.macs = outputCount * taps
      cost.activationBytes = g.height * g.width * g.channels * float
      cost.weightBytes = PanelLayout.padded(g.channels) * (taps * (weights.levels == nil ? float : 1) + 2 * float)
    case .maxPool(let g): cost.activationBytes = g.height * g.width * g.channels * float
    case .globalAveragePool(let shape): cost.activationBytes = shape.count * float
    case .add(let other, _, let count): cost.activationBytes = count * (other == nil ? 1 : 2) * float
    case .gelu(let count), .copy(_, let count): cost.activationBytes = count * float
    case .layerNorm(let shape, _, _, _):
      cost.activationBytes = shape.count * float
      cost.weightBytes = 2 * shape.channels * float
    case .tokens(let shape, _, _):
      cost.activationBytes = shape.count * float
      cost.weightBytes = (shape.count + 2 * shape.channels) * float
    case .attention(let plan, _):
      cost.macs = plan.macs
      cost.activationBytes = 3 * plan.tokens * plan.channels * float
    }
    // What is written: Floats, levels or both.
    if output != nil { cost.activationBytes += outputCount * float }
    if let prepared { cost.activationBytes += prepared.form.storedBytes(format) }
    return cost
  }

  /// Values that the step computes.
  private var outputCount: Int {
    switch kind {
    case .prepare(let form): form.height * form.width * form.channels
    case .convolution(let plan, _, _, _, _): plan.outputHeight * plan.outputWidth * plan.outputChannels
    case .depthwise(let g, _, _), .maxPool(let g): g.outputHeight * g.outputWidth * g.channels
    case .globalAveragePool(let shape): shape.channels
    case .add(_, _, let count), .gelu(let count), .copy(_, let count): count
    case .layerNorm(let shape, _, _, _): shape.count
    case .tokens(let shape, _, _): shape.count + shape.channels
    case .attention(let plan, _): plan.tokens * plan.channels
    }
  }
}
