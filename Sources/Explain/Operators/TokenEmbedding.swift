/// Makes tokens of an image, `[h, w, C]` to `[1, 1 + h * w, C]`: row 0 is `classToken + positions[0]`, row `1 + i` is
/// `x[i] + positions[1 + i]` for pixel `i` in row-major order.
///
/// A. Dosovitskiy et al., "An Image is Worth 16x16 Words", ICLR 2021.
struct TokenEmbedding: GraphOperator {
  static let name = "tokens"

  /// Name of an F32 tensor `[C]`.
  var classToken: String
  /// Name of an F32 tensor `[1 + h * w, C]`.
  var positions: String

  private struct TensorNames: Codable {
    var classToken, positions: String
  }

  init(classToken: String, positions: String) { (self.classToken, self.positions) = (classToken, positions) }

  init(from attributes: AttributeDecoder) throws {
    let names = try attributes.decode(TensorNames.self, forKey: "tensors")
    self.init(classToken: names.classToken, positions: names.positions)
  }

  func encode(to attributes: inout AttributeEncoder) throws {
    try attributes.encode(TensorNames(classToken: classToken, positions: positions), forKey: "tensors")
  }

  var inputCount: Int { 1 }

  func outputShape(_ inputs: [Shape], node: String) throws(GraphError) -> Shape {
    Shape(1, 1 + inputs[0].pixels, inputs[0].channels)
  }

  func work(_ inputs: [Shape], _ output: Shape) -> Int { output.count }

  func tensors(_ inputs: [Shape], _ precision: Precision) -> [TensorUse] {
    let image = inputs[0]
    return [
      .needed(.parameters(classToken, [image.channels])),
      .needed(.parameters(positions, [1 + image.pixels, image.channels])),
    ]
  }

  func isNonNegative(_ inputs: [Bool]) -> Bool { false }

  func expected(_ inputs: [[ChannelMoments]?], normalized: [ChannelMoments]?) -> [ChannelMoments]? { nil }

  var epilogue: EpilogueSupport { [] }
  var epiloguePart: EpiloguePart? { nil }
}
