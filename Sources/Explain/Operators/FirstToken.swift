/// The class token: `[1, T, C]` to `[1, 1, C]`.
struct FirstToken: GraphOperator {
  static let name = "first_token"

  init() {}
  init(from attributes: AttributeDecoder) {}
  func encode(to attributes: inout AttributeEncoder) {}

  var inputCount: Int { 1 }

  func outputShape(_ inputs: [Shape], node: String) throws(GraphError) -> Shape {
    try inputs[0].checkTokens(node: node)
    return Shape(1, 1, inputs[0].channels)
  }

  func work(_ inputs: [Shape], _ output: Shape) -> Int { output.count }

  func tensors(_ inputs: [Shape], _ precision: Precision) -> [TensorUse] { [] }

  func isNonNegative(_ inputs: [Bool]) -> Bool { inputs[0] }

  func expected(_ inputs: [[ChannelMoments]?], normalized: [ChannelMoments]?) -> [ChannelMoments]? { nil }

  var epilogue: EpilogueSupport { [] }
  var epiloguePart: EpiloguePart? { nil }
}
