import Kernels

/// Runs a plan in an arena of its own.
final class Executor {
  let plan: ExecutionPlan
  private let context: ExecutionContext
  private let memory: ArenaMemory

  /// - Throws: `EngineError.outOfMemory` if the arena cannot be had.
  init(_ plan: ExecutionPlan, context: ExecutionContext) throws(EngineError) {
    self.plan = plan
    self.context = context
    memory = ArenaMemory(base: try allocateAligned(max(1, plan.arena.byteCount)), layout: plan.arena)
  }

  deinit { memory.base.deallocate() }

  /// Where the network's input goes: normalised, `[height, width, channels]`.
  var input: UnsafeMutablePointer<Float> { memory.floats(plan.input) }

  /// A requested node's result, valid until the next run.
  func output(_ name: String) -> UnsafePointer<Float> {
    guard let tensor = plan.outputs[name] else { preconditionFailure("\(name) was not requested") }
    return UnsafePointer(memory.floats(tensor))
  }

  func run() {
    for step in plan.steps { run(step) }
  }

  /// Runs again, step by step, up to the first whose result holds infinity or what is no number; nil if none does.
  func firstNotFinite(shapes: [String: Shape]) -> String? {
    for step in plan.steps {
      run(step)
      let results = [
        step.place.output.map { UnsafeBufferPointer(start: memory.floats($0), count: shapes[step.name]?.count ?? 0) },
        step.place.prepared.map { UnsafeBufferPointer(start: memory.floats($0.scales), count: $0.form.scaleCount) },
      ]
      if results.contains(where: { $0?.allSatisfy(\.isFinite) == false }) { return step.name }
    }
    return nil
  }

  func run(_ step: ExecutionPlan.PlannedStep) {
    step.body.run(StepOperands(memory: memory, images: 1, place: step.place), context)
  }
}
