import Kernels

/// Some images on their way through the frozen classifier and, if planned, their gradients on the way back.
final class BackbonePass {
  let plan: BackbonePlan
  /// Owns the weights that the steps read.
  private let layers: FrozenLayers
  private let context: ExecutionContext
  private let memory: ArenaMemory

  /// - Parameter arena: `plan.arena.byteCount` bytes, which the caller keeps while the pass lives; passes may share it in turn.
  init(_ plan: BackbonePlan, _ layers: FrozenLayers, arena: UnsafeMutableRawPointer, context: ExecutionContext) {
    (self.plan, self.layers, self.context) = (plan, layers, context)
    memory = ArenaMemory(base: arena, layout: plan.arena)
  }

  /// Where the images go: normalised, `[images, height, width, channels]`.
  var input: UnsafeMutablePointer<Float> { given(layers.inputNode) }

  /// Where the result of a given node goes: `[images, height, width, channels]`.
  func given(_ name: String) -> UnsafeMutablePointer<Float> {
    guard let tensor = plan.given[name] else { preconditionFailure("\(name) is not given") }
    return memory.floats(tensor)
  }

  /// A requested node's result, valid until the next pass or the backward pass.
  func output(_ name: String) -> UnsafePointer<Float> {
    guard let tensor = plan.outputs[name] else { preconditionFailure("\(name) was not requested") }
    return UnsafePointer(memory.floats(tensor))
  }

  /// Where the gradient of the logits goes before `backward()`.
  var logitsGradient: UnsafeMutablePointer<Float> {
    guard let tensor = plan.logitsGradient else { preconditionFailure("no gradient was planned") }
    return memory.floats(tensor)
  }

  /// The gradient of the input after `backward()`.
  var inputGradient: UnsafePointer<Float> {
    guard let gradient = gradient(layers.inputNode) else { preconditionFailure("no gradient was planned") }
    return gradient
  }

  /// The gradient of a given node, or of another that was planned, after `backward()`; nil where nothing depends on it.
  func gradient(_ name: String) -> UnsafePointer<Float>? {
    plan.gradients[name].map { UnsafePointer(memory.floats($0)) }
  }

  func forward() { for step in plan.forward { run(step) } }

  func backward() { for step in plan.backward { run(step) } }

  private func run(_ step: BackbonePlan.PlannedStep) {
    step.body.run(StepOperands(memory: memory, images: plan.images, place: step.place), context)
  }
}
