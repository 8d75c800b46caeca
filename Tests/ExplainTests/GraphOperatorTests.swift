import Foundation
import Testing

@testable import Explain

@Suite struct GraphOperatorTests {
  @Test func namesAreUnique() {
    #expect(Set(GraphOperators.all.map { $0.name }).count == GraphOperators.all.count)
  }

  /// As importers wrote them before operators were types; an existing file must be reproduced to the byte.
  private static let coded: [(any GraphOperator, String)] = [
    (
      Convolution(
        window: Window(kernelHeight: 3, kernelWidth: 5, stride: 2, top: 1, left: 2, bottom: 3, right: 4),
        outputChannels: 64, weights: WeightNames(weight: "w", scale: "s", bias: "b", columnSums: "c")),
      #""inputs":["a"],"kernel":[3,5],"name":"x","op":"conv2d","outputChannels":64,"padding":[1,2,3,4],"stride":2,"#
        + #""tensors":{"bias":"b","columnSums":"c","scale":"s","weight":"w"}"#
    ),
    (
      DepthwiseConvolution(
        window: Window(kernel: 3), outputChannels: 8,
        weights: WeightNames(weight: "w", scale: nil, bias: "b", columnSums: nil)),
      #""inputs":["a"],"kernel":[3,3],"name":"x","op":"depthwise_conv2d","outputChannels":8,"padding":[0,0,0,0],"#
        + #""stride":1,"tensors":{"bias":"b","weight":"w"}"#
    ),
    (
      Convolution(
        window: Window(
          kernelHeight: 3, kernelWidth: 5, stride: 1, top: 4, left: 2, bottom: 4, right: 2, dilationHeight: 2,
          dilationWidth: 1),
        outputChannels: 64, weights: WeightNames(weight: "w", scale: nil, bias: "b", columnSums: nil)),
      #""dilation":[2,1],"inputs":["a"],"kernel":[3,5],"name":"x","op":"conv2d","outputChannels":64,"#
        + #""padding":[4,2,4,2],"stride":1,"tensors":{"bias":"b","weight":"w"}"#
    ),
    (
      Convolution(
        window: Window(kernel: 1), outputChannels: 64, groups: 32,
        weights: WeightNames(weight: "w", scale: nil, bias: "b", columnSums: nil)),
      #""groups":32,"inputs":["a"],"kernel":[1,1],"name":"x","op":"conv2d","outputChannels":64,"#
        + #""padding":[0,0,0,0],"stride":1,"tensors":{"bias":"b","weight":"w"}"#
    ),
    (Activation.relu, #""function":"relu","inputs":["a"],"name":"x","op":"activation""#),
    (Activation.relu6, #""function":"relu6","inputs":["a"],"name":"x","op":"activation""#),
    (Activation.gelu, #""function":"gelu","inputs":["a"],"name":"x","op":"activation""#),
    (Add(), #""inputs":["a"],"name":"x","op":"add""#),
    (Concat(), #""inputs":["a"],"name":"x","op":"concat""#),
    (MatrixProduct(isTransposed: true), #""inputs":["a"],"isTransposed":true,"name":"x","op":"matrix_product""#),
    (Softmax(), #""inputs":["a"],"name":"x","op":"softmax""#),
    (
      ResponseNorm(epsilon: 0.5, weight: "w", bias: "b"),
      #""epsilon":0.5,"inputs":["a"],"name":"x","op":"response_norm","tensors":{"bias":"b","weight":"w"}"#
    ),
    (
      Constant(shape: Shape(2, 3, 4), values: "v"),
      #""inputs":["a"],"name":"x","op":"constant","shape":[2,3,4],"tensors":{"values":"v"}"#
    ),
    (
      Rearrange(shape: Shape(2, 3, 4), offset: 5, lengths: [6, 4], strides: [16, 2]),
      #""inputs":["a"],"lengths":[6,4],"name":"x","offset":5,"op":"rearrange","shape":[2,3,4],"strides":[16,2]"#
    ),
    (
      MaxPool(Window(kernel: 3, stride: 2, padding: 1)),
      #""inputs":["a"],"kernel":[3,3],"name":"x","op":"max_pool","padding":[1,1,1,1],"stride":2"#
    ),
    (
      AveragePool(Window(kernel: 2, stride: 2), countsPadding: false),
      #""countsPadding":false,"inputs":["a"],"kernel":[2,2],"name":"x","op":"average_pool","padding":[0,0,0,0],"#
        + #""stride":2"#
    ),
    (GlobalAveragePool(), #""inputs":["a"],"name":"x","op":"global_average_pool""#),
    (GlobalMaxPool(), #""inputs":["a"],"name":"x","op":"global_max_pool""#),
    (
      LayerNorm(epsilon: 0.5, weight: "w", bias: "b"),
      #""epsilon":0.5,"inputs":["a"],"name":"x","op":"layer_norm","tensors":{"bias":"b","weight":"w"}"#
    ),
    (
      TokenEmbedding(classToken: "c", positions: "p"),
      #""inputs":["a"],"name":"x","op":"tokens","tensors":{"classToken":"c","positions":"p"}"#
    ),
    (Attention(heads: 12), #""heads":12,"inputs":["a"],"name":"x","op":"attention""#),
    (
      Attention(heads: 12, bias: "b"),
      #""heads":12,"inputs":["a"],"name":"x","op":"attention","tensors":{"bias":"b"}"#
    ),
    (
      TokenEmbedding(prefix: 0, classToken: nil, positions: "p"),
      #""inputs":["a"],"name":"x","op":"tokens","prefix":0,"tensors":{"positions":"p"}"#
    ),
    (FirstToken(), #""inputs":["a"],"name":"x","op":"first_token""#),
    (FirstToken(index: 1), #""index":1,"inputs":["a"],"name":"x","op":"first_token""#),
    (Multiply(), #""inputs":["a"],"name":"x","op":"multiply""#),
    (PReLU(slope: "s"), #""inputs":["a"],"name":"x","op":"prelu","tensors":{"slope":"s"}"#),
    (ImageTokens(height: 14, width: 13), #""inputs":["a"],"name":"x","op":"image_tokens","size":[14,13]"#),
    (
      ImageTokens(height: 14, width: 13, prefix: 5),
      #""inputs":["a"],"name":"x","op":"image_tokens","prefix":5,"size":[14,13]"#
    ),
  ]

  @Test(arguments: coded.indices)
  func writesTheSameBytes(_ index: Int) throws {
    let (op, attributes) = Self.coded[index]
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let node = Node("x", op, ["a"])
    let json = try encoder.encode(node)
    #expect(String(decoding: json, as: UTF8.self) == "{\(attributes)}")
    #expect(try JSONDecoder().decode(Node.self, from: json) == node)
  }

  @Test func everyOperatorIsCoded() {
    #expect(Set(Self.coded.map { type(of: $0.0).name }) == Set(GraphOperators.all.map { $0.name }))
  }

  @Test func nodesDifferByTheirOperators() {
    #expect(Node("x", Activation.relu, ["a"]) != Node("x", Activation.relu6, ["a"]))
    #expect(Node("x", FirstToken(), ["a"]) != Node("x", GlobalAveragePool(), ["a"]))
    #expect(Node("x", Attention(heads: 1), ["a"]) != Node("x", Attention(heads: 2), ["a"]))
  }
}
