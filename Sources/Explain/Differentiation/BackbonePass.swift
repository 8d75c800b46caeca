import Kernels

/// Some images on their way through the frozen classifier and, if planned, their gradients on the way back.
final class BackbonePass {
  let plan: BackbonePlan
  /// Owns the weights that the steps read.
  private let layers: FloatLayers
  private let context: ExecutionContext
  private let owner: PassMemory
  private let memory: ArenaMemory

  /// - Parameter memory: has room for `plan`.
  init(_ plan: BackbonePlan, _ layers: FloatLayers, _ memory: PassMemory, context: ExecutionContext) {
    (self.plan, self.layers, self.context, owner) = (plan, layers, context, memory)
    self.memory = ArenaMemory(base: memory.base, layout: plan.arena)
  }

  /// All of a session's classifier in Float, from the image to the logits and back.
  ///
  /// - Parameters:
  ///   - outputs: nodes whose results are wanted besides the logits.
  ///   - gradientsAt: attention nodes whose results' gradients are wanted besides that of the image.
  /// - Throws: `EngineError.outOfMemory`.
  convenience init(
    _ session: Session, images: Int, outputs: [String] = [], gradientsAt inner: [String] = []
  ) throws(EngineError) {
    let layers = FloatLayers(session.model, precision: .float32)
    let output = session.model.description.graph.output
    let plan = try BackbonePlan(
      session.model, layers, images: images, outputs: [output] + outputs, gradientOf: output, gradientsAt: inner,
      context: session.context)
    self.init(plan, layers, try PassMemory(plan), context: session.context)
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
