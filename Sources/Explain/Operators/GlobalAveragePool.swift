/// Mean over all pixels: `[1, 1, channels]`.
struct GlobalAveragePool: GraphOperator {
  static let name = "global_average_pool"

  init() {}
  init(from attributes: AttributeDecoder) {}
  func encode(to attributes: inout AttributeEncoder) {}

  var inputCount: Int { 1 }

  func outputShape(_ inputs: [Shape], node: String) throws(GraphError) -> Shape { Shape(1, 1, inputs[0].channels) }

  func work(_ inputs: [Shape], _ output: Shape) -> Int { inputs[0].count }

  func tensors(_ inputs: [Shape], _ precision: Precision) -> [TensorUse] { [] }

  func isNonNegative(_ inputs: [Bool]) -> Bool { inputs[0] }

  func expected(_ inputs: [[ChannelMoments]?], normalized: [ChannelMoments]?) -> [ChannelMoments]? { inputs[0] }

  var epilogue: EpilogueSupport { [] }
  var epiloguePart: EpiloguePart? { nil }
}
