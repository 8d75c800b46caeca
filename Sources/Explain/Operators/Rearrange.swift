import Kernels

/// Elements of a tensor in the order of nested loops, as a tensor of another shape: slices and shuffles of channels, strided
/// slices of pixels, pixels put together as channels, transposed tensors.
struct Rearrange: GraphOperator, Hashable {
  static let name = "rearrange"

  /// Of the result.
  var shape: Shape
  /// Element of the input that comes first.
  var offset: Int
  /// Of the loops, the outermost first. Their product is the number of the result's elements.
  var lengths: [Int]
  /// Elements of the input from one turn of each loop to the next; never below 0.
  var strides: [Int]

  /// More than any two axes can be split into.
  static let loopLimit = 16

  init(shape: Shape, offset: Int, lengths: [Int], strides: [Int]) {
    (self.shape, self.offset, self.lengths, self.strides) = (shape, offset, lengths, strides)
  }

  init(from attributes: AttributeDecoder) throws {
    let shape = try attributes.integers(3, forKey: "shape")
    self.init(
      shape: Shape(shape[0], shape[1], shape[2]), offset: try attributes.decode(Int.self, forKey: "offset"),
      lengths: try attributes.decode([Int].self, forKey: "lengths"),
      strides: try attributes.decode([Int].self, forKey: "strides"))
  }

  func encode(to attributes: inout AttributeEncoder) throws {
    try attributes.encode([shape.height, shape.width, shape.channels], forKey: "shape")
    try attributes.encode(offset, forKey: "offset")
    try attributes.encode(lengths, forKey: "lengths")
    try attributes.encode(strides, forKey: "strides")
  }

  var inputCounts: ClosedRange<Int> { 1...1 }

  func outputShape(_ inputs: [Shape], node: String) throws(GraphError) -> Shape {
    try checkAttribute("height", shape.height, 1...GraphLimits.side, node: node)
    try checkAttribute("width", shape.width, 1...GraphLimits.side, node: node)
    try checkAttribute("channels", shape.channels, 1...GraphLimits.channels, node: node)
    try checkAttribute("loops", lengths.count, 1...Self.loopLimit, node: node)
    try checkAttribute("strides", strides.count, lengths.count...lengths.count, node: node)
    try checkAttribute("elements", shape.count, 1...GraphLimits.elements, node: node)
    let count = inputs[0].count
    try checkAttribute("offset", offset, 0...count - 1, node: node)
    // Each factor is bounded, so products of two fit.
    var (elements, last) = (1, offset)
    for (length, stride) in zip(lengths, strides) {
      try checkAttribute("length", length, 1...shape.count, node: node)
      try checkAttribute("stride", stride, 0...count, node: node)
      elements *= length
      try checkAttribute("elements", elements, 1...shape.count, node: node)
      last += (length - 1) * stride
      guard last < count else { throw .badAttribute(node: node, attribute: "stride", value: stride) }
    }
    try checkAttribute("elements", elements, shape.count...shape.count, node: node)
    return shape
  }

  func work(_ inputs: [Shape], _ output: Shape) -> Int { output.count }

  func tensors(_ inputs: [Shape], _ precision: Precision) -> [TensorUse] { [] }

  func isNonNegative(_ inputs: [Bool]) -> Bool { inputs[0] }

  /// Known where all pixels of a channel come from one channel.
  func expected(_ inputs: [[ChannelMoments]?], normalized: [ChannelMoments]?) -> [ChannelMoments]? {
    guard let input = inputs[0] else { return nil }
    // The innermost loops run over the result's channels.
    var (first, channels) = (lengths.count, 1)
    while channels < shape.channels, first > 0 {
      first -= 1
      channels *= lengths[first]
    }
    guard channels == shape.channels,
      (0..<first).allSatisfy({ lengths[$0] == 1 || strides[$0].isMultiple(of: input.count) })
    else { return nil }
    return (0..<channels).map { channel in
      var (rest, element) = (channel, offset)
      for loop in lengths.indices[first...].reversed() {
        element += rest % lengths[loop] * strides[loop]
        rest /= lengths[loop]
      }
      return input[element % input.count]
    }
  }

  var epilogue: EpilogueSupport { [] }
  var epiloguePart: EpiloguePart? { nil }
  var operandWindow: Window? { nil }

  private var loops: StridedLoops { StridedLoops(offset: offset, lengths: lengths, strides: strides) }

  func plan(_ operation: FusedGraph.Operation, _ planner: inout some ForwardPlanner) throws(EngineError) {
    let step = RearrangeStep(loops: loops, inputCount: planner.shape(operation.input).count, shape: shape)
    planner.append(operation, step, canQuantize: true)
  }

  func gradient(
    _ operation: FusedGraph.Operation, _ gradient: Int, _ planner: inout BatchPlanner
  ) throws(EngineError) {
    let step = RearrangeGradientStep(
      loops: loops, inputCount: planner.shape(operation.input).count, outputCount: shape.count)
    planner.contribute(step, from: gradient, to: operation.input)
  }
}

private struct RearrangeStep: ForwardStep {
  let loops: StridedLoops
  let inputCount: Int
  /// Of the result.
  let shape: Shape

  func run(_ operands: StepOperands, _ context: ExecutionContext) {
    let quantized = operands.quantized
    operands.forEachImage(reading: inputCount, writing: shape.count) { input, output in
      context.rearrange(
        input, loops, rows: shape.height, width: shape.width, channels: shape.channels, output: output,
        quantized: quantized)
    }
  }

  var family: String { Rearrange.name }
  var operation: String { family }
  var outputCount: Int { shape.count }
  func cost(_ format: ActivationFormat) -> StepCost { .reading(shape.count) }
}

private struct RearrangeGradientStep: Step {
  let loops: StridedLoops
  /// Elements of the operator's input, and of its result.
  let inputCount, outputCount: Int

  func run(_ operands: StepOperands, _ context: ExecutionContext) {
    for image in 0..<operands.images {
      context.rearrangeGradient(
        operands.input + image * outputCount, loops, count: outputCount, result: operands.result + image * inputCount,
        size: inputCount)
    }
  }
}
