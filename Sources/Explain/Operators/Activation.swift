import Kernels

/// A function of every element.
struct Activation: GraphOperator {
  static let name = "activation"

  let function: any ActivationFunction.Type

  init(_ function: any ActivationFunction.Type) { self.function = function }

  /// The functions that a model file may name.
  private static let functions: [any ActivationFunction.Type] = [ReLU.self, ReLU6.self, GELU.self]

  init(from attributes: AttributeDecoder) throws {
    let name = try attributes.decode(String.self, forKey: "function")
    guard let function = Self.functions.first(where: { $0.name == name }) else {
      let message = "the activation function \(name) is unknown"
      throw DecodingError.dataCorruptedError(forKey: "function", in: attributes, debugDescription: message)
    }
    self.function = function
  }

  func encode(to attributes: inout AttributeEncoder) throws { try attributes.encode(function.name, forKey: "function") }

  static func == (a: Activation, b: Activation) -> Bool { a.function == b.function }

  var inputCount: Int { 1 }

  func outputShape(_ inputs: [Shape], node: String) throws(GraphError) -> Shape { inputs[0] }

  func work(_ inputs: [Shape], _ output: Shape) -> Int { output.count }

  func tensors(_ inputs: [Shape], _ precision: Precision) -> [TensorUse] { [] }

  func isNonNegative(_ inputs: [Bool]) -> Bool { function.isNonNegative(inputs[0]) }

  func expected(_ inputs: [[ChannelMoments]?], normalized: [ChannelMoments]?) -> [ChannelMoments]? {
    guard let input = inputs[0] else { return nil }
    let moments = input.compactMap(function.expected)
    return moments.count == input.count ? moments : nil
  }

  var epilogue: EpilogueSupport { [] }
  var epiloguePart: EpiloguePart? { function.epilogue.map(EpiloguePart.function) }
}

/// What distinguishes one activation function from another.
protocol ActivationFunction: Sendable {
  /// Name in the model file.
  static var name: String { get }
  /// How a convolution computes the function on the way; nil where it cannot.
  static var epilogue: Epilogue? { get }
  /// Whether the function's values are nowhere negative, for an argument that is nowhere negative or may be.
  static func isNonNegative(_ input: Bool) -> Bool
  /// Moments of the function's value for a normal argument; nil where no closed form is known.
  static func expected(_ input: ChannelMoments) -> ChannelMoments?
}
