/// Multi-head self-attention, `[1, T, 3 C]` to `[1, T, C]`: `softmax(q k^T / sqrt(C / heads)) v` in each head.
///
/// The input's channels are q, k and v one after the other, `C` each; inside each of them a head's `C / heads` channels
/// are contiguous. The output's channels are the heads, one after the other.
struct Attention: GraphOperator {
  static let name = "attention"

  /// Divides `C`.
  var heads: Int

  init(heads: Int) { self.heads = heads }
  init(from attributes: AttributeDecoder) throws { heads = try attributes.decode(Int.self, forKey: "heads") }
  func encode(to attributes: inout AttributeEncoder) throws { try attributes.encode(heads, forKey: "heads") }

  var inputCount: Int { 1 }

  func outputShape(_ inputs: [Shape], node: String) throws(GraphError) -> Shape {
    let tokens = inputs[0]
    try tokens.checkTokens(node: node)
    let channels = tokens.channels / 3
    guard channels > 0, tokens.channels % 3 == 0 else {
      throw .badAttribute(node: node, attribute: "number of input channels", value: tokens.channels)
    }
    try checkAttribute("number of heads", heads, 1...channels, node: node)
    guard channels % heads == 0 else {
      throw .badAttribute(node: node, attribute: "number of heads", value: heads)
    }
    return Shape(1, tokens.width, channels)
  }

  func work(_ inputs: [Shape], _ output: Shape) -> Int { output.count * 2 * inputs[0].pixels }

  func tensors(_ inputs: [Shape], _ precision: Precision) -> [TensorUse] { [] }

  func isNonNegative(_ inputs: [Bool]) -> Bool { false }

  func expected(_ inputs: [[ChannelMoments]?], normalized: [ChannelMoments]?) -> [ChannelMoments]? { nil }

  var epilogue: EpilogueSupport { [] }
  var epiloguePart: EpiloguePart? { nil }
}
