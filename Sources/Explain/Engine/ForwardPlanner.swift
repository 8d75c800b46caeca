import Kernels

/// Turns operations into steps: what the pass of one image and that of a batch in Float have in common.
protocol ForwardPlanner {
  var model: Model { get }

  /// The arena tensor of a result in Float.
  func tensor(_ name: String) -> Int

  /// Scratch of the step that comes next.
  mutating func allocate(floats: Int) -> Int

  /// Appends a step that reads these tensors, the first of which is its input.
  ///
  /// - Parameter canQuantize: whether the step can write the quantized form of its result too.
  mutating func append(
    _ operation: FusedGraph.Operation, _ step: any ForwardStep, from inputs: [Int], canQuantize: Bool)

  /// Appends a dense convolution, whose operand has a form of its own in each pass.
  mutating func append(_ convolution: Convolution, _ operation: FusedGraph.Operation) throws(EngineError)

  /// Appends a depthwise convolution, which the pass of one image may compute together with the dense one in front of it.
  mutating func append(_ convolution: DepthwiseConvolution, _ operation: FusedGraph.Operation) throws(EngineError)
}

extension ForwardPlanner {
  func shape(_ name: String) -> Shape {
    guard let shape = model.shapes[name] else { preconditionFailure("a validated model has a shape for \(name)") }
    return shape
  }

  /// Appends a step that reads the operation's inputs, and other tensors.
  mutating func append(
    _ operation: FusedGraph.Operation, _ step: any ForwardStep, reading others: [Int] = [], canQuantize: Bool = false
  ) {
    append(operation, step, from: operation.node.inputs.map(tensor) + others, canQuantize: canQuantize)
  }

  func geometry(_ window: Window, _ operation: FusedGraph.Operation) -> WindowGeometry {
    let (input, output) = (shape(operation.input), shape(operation.name))
    return WindowGeometry(
      height: input.height, width: input.width, channels: input.channels, kernelHeight: window.kernelHeight,
      kernelWidth: window.kernelWidth, dilationHeight: window.dilationHeight, dilationWidth: window.dilationWidth,
      stride: window.stride, top: window.top, left: window.left, outputHeight: output.height, outputWidth: output.width)
  }
}
