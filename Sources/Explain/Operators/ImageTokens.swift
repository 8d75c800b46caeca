/// Makes an image of tokens: `[1, 1 + height * width, C]` to `[height, width, C]`, the class token dropped.
struct ImageTokens: GraphOperator {
  static let name = "image_tokens"

  /// In pixels.
  var height, width: Int

  init(height: Int, width: Int) { (self.height, self.width) = (height, width) }

  init(from attributes: AttributeDecoder) throws {
    let size = try attributes.integers(2, forKey: "size")
    self.init(height: size[0], width: size[1])
  }

  func encode(to attributes: inout AttributeEncoder) throws { try attributes.encode([height, width], forKey: "size") }

  var inputCounts: ClosedRange<Int> { 1...1 }

  func outputShape(_ inputs: [Shape], node: String) throws(GraphError) -> Shape {
    let tokens = inputs[0]
    try tokens.checkTokens(node: node)
    try checkAttribute("height", height, 1...GraphLimits.side, node: node)
    try checkAttribute("width", width, 1...GraphLimits.side, node: node)
    let expected = 1 + height * width
    guard tokens.width == expected else {
      throw .wrongTokenCount(node: node, expected: expected, found: tokens.width)
    }
    return Shape(height, width, tokens.channels)
  }

  func work(_ inputs: [Shape], _ output: Shape) -> Int { output.count }

  func tensors(_ inputs: [Shape], _ precision: Precision) -> [TensorUse] { [] }

  func isNonNegative(_ inputs: [Bool]) -> Bool { inputs[0] }

  func expected(_ inputs: [[ChannelMoments]?], normalized: [ChannelMoments]?) -> [ChannelMoments]? { nil }

  var epilogue: EpilogueSupport { [] }
  var epiloguePart: EpiloguePart? { nil }
  var operandWindow: Window? { nil }

  func plan(_ operation: FusedGraph.Operation, _ planner: inout some ForwardPlanner) throws(EngineError) {
    let (tokens, image) = (planner.shape(operation.input), planner.shape(operation.name))
    planner.append(operation, ExtractStep(first: image.channels, count: image.count, from: tokens.count))
  }

  func gradient(
    _ operation: FusedGraph.Operation, _ gradient: Int, _ planner: inout BatchPlanner
  ) throws(EngineError) {
    let (tokens, image) = (planner.shape(operation.input), planner.shape(operation.name))
    let step = InsertStep(first: image.channels, count: image.count, to: tokens.count)
    planner.contribute(step, from: gradient, to: operation.input)
  }
}
