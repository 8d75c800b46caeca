/// The class token, or another one: `[1, T, C]` to `[1, 1, C]`.
struct FirstToken: GraphOperator {
  static let name = "first_token"

  /// Files say none where it is 0.
  var index: Int

  init(index: Int = 0) { self.index = index }

  init(from attributes: AttributeDecoder) throws {
    index = try attributes.decodeIfPresent(Int.self, forKey: "index") ?? 0
  }

  func encode(to attributes: inout AttributeEncoder) throws {
    if index != 0 { try attributes.encode(index, forKey: "index") }
  }

  var inputCounts: ClosedRange<Int> { 1...1 }

  func outputShape(_ inputs: [Shape], node: String) throws(GraphError) -> Shape {
    try inputs[0].checkTokens(node: node)
    try checkAttribute("index", index, 0...inputs[0].width - 1, node: node)
    return Shape(1, 1, inputs[0].channels)
  }

  func work(_ inputs: [Shape], _ output: Shape) -> Int { output.count }

  func tensors(_ inputs: [Shape], _ precision: Precision) -> [TensorUse] { [] }

  func isNonNegative(_ inputs: [Bool]) -> Bool { inputs[0] }

  func expected(_ inputs: [[ChannelMoments]?], normalized: [ChannelMoments]?) -> [ChannelMoments]? { nil }

  var epilogue: EpilogueSupport { [] }
  var epiloguePart: EpiloguePart? { nil }
  var operandWindow: Window? { nil }

  func plan(_ operation: FusedGraph.Operation, _ planner: inout some ForwardPlanner) throws(EngineError) {
    let (tokens, token) = (planner.shape(operation.input), planner.shape(operation.name))
    planner.append(operation, ExtractStep(first: index * token.count, count: token.count, from: tokens.count))
  }

  func gradient(
    _ operation: FusedGraph.Operation, _ gradient: Int, _ planner: inout BatchPlanner
  ) throws(EngineError) {
    let (tokens, token) = (planner.shape(operation.input), planner.shape(operation.name))
    let step = InsertStep(first: index * token.count, count: token.count, to: tokens.count)
    planner.contribute(step, from: gradient, to: operation.input)
  }
}
