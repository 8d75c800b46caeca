import Kernels

/// A tensor in the form that convolutions read.
struct PreparedTensor {
  var form: PreparedInput
  /// Arena tensors.
  var levels, scales: Int
}

/// Quantizes or pads a tensor for the convolutions that read it, where no other step could do so on its way.
struct PrepareStep: ForwardStep {
  let form: PreparedInput

  func run(_ operands: StepOperands, _ context: ExecutionContext) {
    guard let quantized = operands.quantized else { return }
    context.prepare(operands.input, as: form, into: quantized.levels, scales: quantized.scales)
  }

  var family: String { "quantize" }
  var operation: String { family }
  var outputCount: Int { form.height * form.width * form.channels }
  func cost(_ format: ActivationFormat) -> StepCost { .reading(outputCount) }
}
