import Kernels

/// Some images on their way through the frozen classifier and, if planned, their gradients on the way back.
final class BackbonePass {
  let plan: BackbonePlan
  private let layers: FrozenLayers
  private let inputNode: String
  private let context: ExecutionContext
  private let arena: UnsafeMutableRawPointer

  /// - Parameter arena: `plan.arenaBytes`, which the caller keeps while the pass lives; passes may share it in turn.
  init(_ plan: BackbonePlan, _ layers: FrozenLayers, arena: UnsafeMutableRawPointer, context: ExecutionContext) {
    (self.plan, self.layers, self.arena, self.context) = (plan, layers, arena, context)
    inputNode = layers.inputNode
  }

  /// Where the images go: normalised, `[images, height, width, channels]`.
  var input: UnsafeMutablePointer<Float> { given(inputNode) }

  /// Where the result of a given node goes: `[images, height, width, channels]`.
  func given(_ name: String) -> UnsafeMutablePointer<Float> {
    guard let tensor = plan.given[name] else { preconditionFailure("\(name) is not given") }
    return floats(tensor)
  }

  /// A requested node's result, valid until the next pass or the backward pass.
  func output(_ name: String) -> UnsafePointer<Float> {
    guard let tensor = plan.outputs[name] else { preconditionFailure("\(name) was not requested") }
    return UnsafePointer(floats(tensor))
  }

  /// Where the gradient of the logits goes before `backward()`.
  var logitsGradient: UnsafeMutablePointer<Float> {
    guard let tensor = plan.logitsGradient else { preconditionFailure("no gradient was planned") }
    return floats(tensor)
  }

  /// The gradient of the input after `backward()`.
  var inputGradient: UnsafePointer<Float> {
    guard let gradient = gradient(inputNode) else { preconditionFailure("no gradient was planned") }
    return gradient
  }

  /// The gradient of a given node, or of another that was planned, after `backward()`; nil where nothing depends on it.
  func gradient(_ name: String) -> UnsafePointer<Float>? {
    plan.gradients[name].map { UnsafePointer(floats($0)) }
  }

  func forward() { for step in plan.forward { run(step) } }

  func backward() { for step in plan.backward { run(step) } }

  private func floats(_ tensor: Int) -> UnsafeMutablePointer<Float> {
    pointer(tensor).assumingMemoryBound(to: Float.self)
  }

  private func pointer(_ tensor: Int) -> UnsafeMutableRawPointer { arena + plan.buffers[tensor].offset }

  private func run(_ step: BackbonePlan.Step) {
    let images = plan.images
    let input = floats(step.input)
    let output = floats(step.output)
    switch step.kind {
    case .prepare(let form):
      context.prepare(input, as: form, into: pointer(step.output))
    case .convolution(let plan, let panels, let bias, let residual, let clamp):
      context.convolution(
        plan, operand: pointer(step.input), panels: panels, bias: bias, residual: residual.map { floats($0) },
        clamp: clamp, output: output)
    case .depthwise(let g, let weights, let bias, let clamp):
      let weights = DepthwiseWeights(levels: nil, floats: weights, scale: nil, bias: bias)
      forEachImage(g, input, output) { context.depthwise(g, input: $0, weights: weights, clamp: clamp, output: $1) }
    case .maxPool(let g):
      forEachImage(g, input, output) { context.maxPool(g, input: $0, output: $1) }
    case .averagePool(let shape):
      for image in 0..<images {
        context.globalAveragePool(
          input + image * shape.count, pixels: shape.pixels, channels: shape.channels,
          output: output + image * shape.channels)
      }
    case .add(let other, let clamp, let count):
      context.add(input, other.map { UnsafePointer(floats($0)) }, clamp: clamp, output: output, count: count)
    case .gelu(let count):
      context.gelu(input, output: output, count: count)
    case .layerNorm(let shape, let epsilon, let weight, let bias):
      context.layerNorm(
        input, rows: images * shape.pixels, channels: shape.channels, epsilon: epsilon, weight: weight, bias: bias,
        output: output)
    case .tokens(let shape, let classToken, let positions):
      for image in 0..<images {
        context.embedTokens(
          input + image * shape.count, pixels: shape.pixels, channels: shape.channels, classToken: classToken,
          positions: positions, output: output + image * (shape.count + shape.channels))
      }
    case .attention(let plan, let scratch):
      let count = plan.tokens * plan.channels
      for image in 0..<images {
        context.attention(
          plan, qkv: input + image * 3 * count, scratch: floats(scratch), output: output + image * count)
      }
    case .extract(let first, let count, let from):
      for image in 0..<images { (output + image * count).update(from: input + image * from + first, count: count) }
    case .clampGradient, .convolutionGradient, .depthwiseGradient, .maxPoolGradient, .averagePoolGradient,
      .geluGradient, .layerNormGradient, .attentionGradient, .insert:
      runBackward(step, input, output)
    }
  }

  private func runBackward(
    _ step: BackbonePlan.Step, _ gradient: UnsafeMutablePointer<Float>, _ result: UnsafeMutablePointer<Float>
  ) {
    let images = plan.images
    switch step.kind {
    case .clampGradient(let output, let clamp, let count):
      context.clampGradient(gradient, output: floats(output), clamp: clamp, result: result, count: count)
    case .convolutionGradient(let plan, let panels, let columns):
      context.convolutionGradient(
        plan, operand: pointer(step.input), panels: panels, zeros: layers.zeros, columns: floats(columns),
        result: result)
    case .depthwiseGradient(let g, let weights):
      context.depthwiseGradient(images: images, g, weights: weights, gradient: gradient, result: result)
    case .maxPoolGradient(let g, let source, let output):
      context.maxPoolGradient(
        images: images, g, input: floats(source), output: floats(output), gradient: gradient, result: result)
    case .averagePoolGradient(let shape):
      context.averagePoolGradient(
        images: images, pixels: shape.pixels, channels: shape.channels, gradient: gradient, result: result)
    case .geluGradient(let source, let count):
      context.geluGradient(gradient, input: floats(source), result: result, count: count)
    case .layerNormGradient(let shape, let epsilon, let weight, let source):
      context.layerNormGradient(
        gradient, input: floats(source), rows: images * shape.pixels, channels: shape.channels, epsilon: epsilon,
        weight: weight, result: result)
    case .attentionGradient(let plan, let source):
      context.attentionGradient(images: images, plan, qkv: floats(source), gradient: gradient, result: result)
    case .insert(let first, let count, let to):
      for image in 0..<images {
        (result + image * to).update(repeating: 0, count: to)
        (result + image * to + first).update(from: gradient + image * count, count: count)
      }
    default:
      preconditionFailure("a step of the forward pass")
    }
  }

  private func forEachImage(
    _ g: WindowGeometry, _ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>,
    _ body: (UnsafePointer<Float>, UnsafeMutablePointer<Float>) -> Void
  ) {
    for image in 0..<plan.images {
      body(
        input + image * g.height * g.width * g.channels, output + image * g.outputHeight * g.outputWidth * g.channels)
    }
  }
}
