/// Makes an image of tokens: `[1, P + height * width, C]` to `[height, width, C]`, the first P, which are no pixels, dropped.
struct ImageTokens: GraphOperator {
  static let name = "image_tokens"

  /// In pixels.
  var height, width: Int
  /// P, 1 for a class token. Files say none where it is 1.
  var prefix: Int

  init(height: Int, width: Int, prefix: Int = 1) {
    (self.height, self.width, self.prefix) = (height, width, prefix)
  }

  init(from attributes: AttributeDecoder) throws {
    let size = try attributes.integers(2, forKey: "size")
    self.init(
      height: size[0], width: size[1], prefix: try attributes.decodeIfPresent(Int.self, forKey: "prefix") ?? 1)
  }

  func encode(to attributes: inout AttributeEncoder) throws {
    try attributes.encode([height, width], forKey: "size")
    if prefix != 1 { try attributes.encode(prefix, forKey: "prefix") }
  }

  var inputCounts: ClosedRange<Int> { 1...1 }

  func outputShape(_ inputs: [Shape], node: String) throws(GraphError) -> Shape {
    let tokens = inputs[0]
    try tokens.checkTokens(node: node)
    try checkAttribute("height", height, 1...GraphLimits.side, node: node)
    try checkAttribute("width", width, 1...GraphLimits.side, node: node)
    try checkAttribute("prefix", prefix, 0...GraphLimits.side, node: node)
    let expected = prefix + height * width
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
    planner.append(operation, ExtractStep(first: prefix * image.channels, count: image.count, from: tokens.count))
  }

  func gradient(
    _ operation: FusedGraph.Operation, _ gradient: Int, _ planner: inout BatchPlanner
  ) throws(EngineError) {
    let (tokens, image) = (planner.shape(operation.input), planner.shape(operation.name))
    let step = InsertStep(first: prefix * image.channels, count: image.count, to: tokens.count)
    planner.contribute(step, from: gradient, to: operation.input)
  }
}
