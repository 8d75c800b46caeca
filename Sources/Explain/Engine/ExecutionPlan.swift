import Kernels

/// What an engine does for one image: steps in order, and where in the arena each reads and writes.
struct ExecutionPlan {
  struct PlannedStep {
    /// The node whose result the step writes, or prepares.
    var name: String
    var body: any ForwardStep
    var input: Int
    /// The result in Float, where somebody reads it so.
    var output: Int?
    /// The result as convolutions read it.
    var prepared: PreparedTensor?

    func cost(_ format: ActivationFormat) -> StepCost {
      var cost = body.cost(format)
      if output != nil { cost.activationBytes += body.outputCount * MemoryLayout<Float>.size }
      if let prepared { cost.activationBytes += prepared.form.storedBytes(format) }
      return cost
    }
  }

  let steps: [PlannedStep]
  let buffers: [Buffer]
  let arenaBytes: Int
  /// The network's input.
  let input: Int
  /// Tensors of the requested nodes.
  private(set) var outputs: [String: Int] = [:]

  init(_ model: Model, outputs requested: [String], context: ExecutionContext) throws(EngineError) {
    var planner = InferencePlanner(model: model, context: context, outputs: Set(requested))
    try planner.appendAll()
    steps = planner.steps
    (buffers, arenaBytes) = planner.arena.plan()
    input = planner.tensor(model.description.graph.input)
    for name in requested { outputs[name] = planner.tensor(name) }
  }
}
