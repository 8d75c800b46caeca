import Kernels

/// Copies `count` elements of every image's `from`, starting at `first`.
struct ExtractStep: ForwardStep {
  let first, count, from: Int

  func run(_ operands: StepOperands, _ context: ExecutionContext) {
    let (input, result) = (operands.input, operands.result)
    for image in 0..<operands.images {
      (result + image * count).update(from: input + image * from + first, count: count)
    }
  }

  var family: String { "copy" }
  var operation: String { family }
  var outputCount: Int { count }
  func cost(_ format: ActivationFormat) -> StepCost { .reading(count) }
}

/// The way back: every image's `count` elements go to `first` among `to` zeros.
struct InsertStep: Step {
  let first, count, to: Int

  func run(_ operands: StepOperands, _ context: ExecutionContext) {
    let (input, result) = (operands.input, operands.result)
    for image in 0..<operands.images {
      (result + image * to).update(repeating: 0, count: to)
      (result + image * to + first).update(from: input + image * count, count: count)
    }
  }
}
