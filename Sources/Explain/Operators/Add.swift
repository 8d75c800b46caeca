import Glibc

/// Sum of two tensors of equal shape.
struct Add: GraphOperator {
  static let name = "add"

  init() {}
  init(from attributes: AttributeDecoder) {}
  func encode(to attributes: inout AttributeEncoder) {}

  var inputCount: Int { 2 }

  func outputShape(_ inputs: [Shape], node: String) throws(GraphError) -> Shape {
    guard inputs[0] == inputs[1] else { throw .unequalShapes(node: node, inputs[0], inputs[1]) }
    return inputs[0]
  }

  func work(_ inputs: [Shape], _ output: Shape) -> Int { output.count }

  func tensors(_ inputs: [Shape], _ precision: Precision) -> [TensorUse] { [] }

  func isNonNegative(_ inputs: [Bool]) -> Bool { inputs.allSatisfy(\.self) }

  func expected(_ inputs: [[ChannelMoments]?], normalized: [ChannelMoments]?) -> [ChannelMoments]? {
    guard let a = inputs[0], let b = inputs[1] else { return nil }
    return zip(a, b).map {
      ChannelMoments(mean: $0.mean + $1.mean, deviation: hypot($0.deviation, $1.deviation))
    }
  }

  var epilogue: EpilogueSupport { .clamp }
  var epiloguePart: EpiloguePart? { .sum }
}
