import Kernels

/// What a pass of some images through the frozen classifier, or its last layers, does: steps forward and, where the
/// gradient is wanted, backward, and where in one block of memory each reads and writes.
///
/// The backward pass reads of the forward pass only what an operator's `gradient` asks for: the results of what clamps, the inputs
/// of functions, layer normalisation, attention and trained layers. Everything else is overwritten as soon as it was read.
struct BackbonePlan {
  struct PlannedStep {
    var body: any Step
    var place: StepPlace
  }

  let images: Int
  private(set) var forward: [PlannedStep] = []
  private(set) var backward: [PlannedStep] = []
  let arena: ArenaLayout
  /// Tensors of the nodes that the caller provides, `[images, height, width, channels]`.
  private(set) var given: [String: Int] = [:]
  /// Gradients of the given nodes and of the others that are wanted.
  private(set) var gradients: [String: Int] = [:]
  /// The gradient of the logits, which the caller provides.
  private(set) var logitsGradient: Int?
  /// Tensors of the requested nodes.
  private(set) var outputs: [String: Int] = [:]

  /// - Parameters:
  ///   - outputs: nodes whose results are wanted after the forward pass.
  ///   - gradientOf: the node whose gradient with respect to the given nodes is wanted; one of the outputs.
  ///   - given: nodes whose results the caller provides; nil for the network's input.
  ///   - gradientsAt: attention nodes whose results' gradients are wanted too.
  /// - Throws: `EngineError.outOfMemory` if the weights cannot be packed.
  init(
    _ model: Model, _ layers: FloatLayers, images: Int, outputs requested: [String], gradientOf node: String?,
    given: [String]? = nil, gradientsAt inner: [String] = [], context: ExecutionContext
  ) throws(EngineError) {
    self.images = images
    let given = given ?? [model.description.graph.input]
    var planner = BatchPlanner(model, layers, images, requested, given: given, context)
    try planner.appendForward()
    forward = planner.steps
    if let node {
      planner.steps = []
      try planner.appendBackward(from: node, keeping: given + inner)
      backward = planner.steps
      logitsGradient = planner.seed
      for name in given + inner { gradients[name] = planner.gradients[name] }
    }
    arena = planner.arena.plan()
    for name in given { self.given[name] = planner.tensor(name) }
    for name in requested { self.outputs[name] = planner.tensor(name) }
  }
}
