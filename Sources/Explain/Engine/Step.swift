import Kernels

/// What one step of a pass computes; operators and their gradients define their own.
protocol Step {
  func run(_ operands: StepOperands, _ context: ExecutionContext)
}

/// A step of a forward pass, with what it costs at least.
protocol ForwardStep: Step {
  /// What the step does, whatever its shapes; a convolution's kernel size belongs to it.
  var family: String { get }
  /// What the step does, with its shapes.
  var operation: String { get }
  /// Values that the step computes for one image.
  var outputCount: Int { get }
  /// What the step computes and reads for one image. What it writes depends on who reads it.
  func cost(_ format: ActivationFormat) -> StepCost
}
