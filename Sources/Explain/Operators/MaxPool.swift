/// Maximum over each window; padding counts as minus infinity.
struct MaxPool: GraphOperator {
  static let name = "max_pool"

  var window: Window

  init(_ window: Window) { self.window = window }
  init(from attributes: AttributeDecoder) throws { window = try Window(from: attributes) }
  func encode(to attributes: inout AttributeEncoder) throws { try window.encode(to: &attributes) }

  var inputCount: Int { 1 }

  func outputShape(_ inputs: [Shape], node: String) throws(GraphError) -> Shape {
    try window.slide(over: inputs[0], channels: inputs[0].channels, node: node)
  }

  func work(_ inputs: [Shape], _ output: Shape) -> Int { output.count * window.area }

  func tensors(_ inputs: [Shape], _ precision: Precision) -> [TensorUse] { [] }

  func isNonNegative(_ inputs: [Bool]) -> Bool { inputs[0] }

  /// The mean of a maximum depends on how neighbours resemble each other, which BatchNorm does not tell.
  func expected(_ inputs: [[ChannelMoments]?], normalized: [ChannelMoments]?) -> [ChannelMoments]? { nil }

  var epilogue: EpilogueSupport { [] }
  var epiloguePart: EpiloguePart? { nil }
}
