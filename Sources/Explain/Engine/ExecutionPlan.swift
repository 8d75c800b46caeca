import Kernels

/// What an engine does for one image: steps in order, and where in the arena each reads and writes.
struct ExecutionPlan {
  struct PlannedStep {
    /// The node whose result the step writes, or prepares.
    var name: String
    var body: any ForwardStep
    var place: StepPlace

    func cost(_ format: ActivationFormat) -> StepCost {
      var cost = body.cost(format)
      if place.output != nil { cost.activationBytes += body.outputCount * MemoryLayout<Float>.size }
      if let prepared = place.prepared { cost.activationBytes += prepared.form.storedBytes(format) }
      return cost
    }
  }

  let steps: [PlannedStep]
  let arena: ArenaLayout
  /// The network's input.
  let input: Int
  /// Tensors of the requested nodes.
  private(set) var outputs: [String: Int] = [:]

  init(_ model: Model, outputs requested: [String], context: ExecutionContext) throws(EngineError) {
    var planner = InferencePlanner(model: model, context: context, outputs: Set(requested))
    try planner.appendAll()
    steps = planner.steps
    arena = planner.arena.plan()
    input = planner.tensor(model.description.graph.input)
    for name in requested { outputs[name] = planner.tensor(name) }
  }
}
