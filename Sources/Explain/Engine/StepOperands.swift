import Kernels

/// Where a plan's tensors lie while it runs.
struct ArenaMemory {
  let base: UnsafeMutableRawPointer
  let layout: ArenaLayout

  func pointer(_ tensor: Int) -> UnsafeMutableRawPointer { base + layout.buffers[tensor].offset }

  func floats(_ tensor: Int) -> UnsafeMutablePointer<Float> { pointer(tensor).assumingMemoryBound(to: Float.self) }
}

/// The arena tensors of a step.
struct StepPlace {
  var input: Int
  /// The result in Float, where somebody reads it so.
  var output: Int?
  /// The result as convolutions read it.
  var prepared: PreparedTensor?
}

/// What a step reads and writes.
struct StepOperands {
  let memory: ArenaMemory
  /// Images, one after the other in every tensor.
  let images: Int
  let place: StepPlace

  var input: UnsafeMutablePointer<Float> { memory.floats(place.input) }

  /// The result in Float; nil where only the prepared form is wanted.
  var output: UnsafeMutablePointer<Float>? { place.output.map(memory.floats) }

  /// The result in Float of a step that writes no other form.
  var result: UnsafeMutablePointer<Float> {
    guard let output else { preconditionFailure("the step writes Floats alone") }
    return output
  }

  var quantized: QuantizedOutput? {
    place.prepared.map {
      QuantizedOutput(form: $0.form, levels: memory.pointer($0.levels), scales: memory.floats($0.scales))
    }
  }

  /// Calls `body` with every image's part of the input and of the result.
  func forEachImage(
    reading inputCount: Int, writing outputCount: Int,
    _ body: (UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>?) -> Void
  ) {
    let (input, output) = (input, output)
    for image in 0..<images { body(input + image * inputCount, output.map { $0 + image * outputCount }) }
  }
}
