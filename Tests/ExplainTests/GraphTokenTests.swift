@testable import Explain
import Foundation
import Testing

private let norm = LayerNorm(epsilon: 1e-6, weight: "w", bias: "b")
private let embedding = TokenEmbedding(classToken: "c", positions: "p")
private let tokens = Shape(1, 5, 12)

private struct Refused: CustomTestStringConvertible, Sendable {
  var what: String
  var op: any GraphOperator
  var input = tokens
  var error: GraphError

  init(_ what: String, _ op: any GraphOperator, of input: Shape = tokens, _ error: GraphError) {
    (self.what, self.op, self.input, self.error) = (what, op, input, error)
  }

  var testDescription: String { what }
}

private func heads(_ count: Int, _ input: Shape = tokens) -> Refused {
  Refused(
    "\(count) heads", Attention(heads: count), of: input,
    .badAttribute(node: "x", attribute: "number of heads", value: count))
}

private func epsilon(_ value: Float) -> Refused {
  Refused(
    "epsilon \(value)", LayerNorm(epsilon: value, weight: "w", bias: "b"),
    .badEpsilon(node: "x", value))
}

private func image(_ height: Int, _ width: Int, _ error: GraphError) -> Refused {
  Refused("image of \(height)x\(width)", ImageTokens(height: height, width: width), error)
}

private let refused = [
  epsilon(0), epsilon(-1), epsilon(1.5), epsilon(.infinity), heads(0), heads(-1), heads(3), heads(5), heads(.max),
  Refused(
    "channels that are no q, k, v", Attention(heads: 1), of: Shape(1, 5, 13),
    .badAttribute(node: "x", attribute: "number of input channels", value: 13)),
  Refused(
    "too few channels for q, k, v", Attention(heads: 1), of: Shape(1, 5, 2),
    .badAttribute(node: "x", attribute: "number of input channels", value: 2)),
  Refused(
    "attention to an image", Attention(heads: 1), of: Shape(2, 5, 12),
    .notTokens(node: "x", Shape(2, 5, 12))),
  Refused("class token of an image", FirstToken(), of: Shape(2, 5, 12), .notTokens(node: "x", Shape(2, 5, 12))),
  Refused(
    "image of an image", ImageTokens(height: 2, width: 2), of: Shape(5, 1, 12),
    .notTokens(node: "x", Shape(5, 1, 12))),
  Refused(
    "tokens before none", TokenEmbedding(prefix: -1, classToken: "c", positions: "p"),
    .badAttribute(node: "x", attribute: "prefix", value: -1)),
  Refused(
    "an image behind too many tokens", ImageTokens(height: 1, width: 1, prefix: .max),
    .badAttribute(node: "x", attribute: "prefix", value: .max)),
  Refused(
    "the sixth of five tokens", FirstToken(index: 5), .badAttribute(node: "x", attribute: "index", value: 5)),
  Refused("a token before the first", FirstToken(index: -1), .badAttribute(node: "x", attribute: "index", value: -1)),
  image(2, 3, .wrongTokenCount(node: "x", expected: 7, found: 5)),
  image(1, 5, .wrongTokenCount(node: "x", expected: 6, found: 5)),
  image(0, 4, .badAttribute(node: "x", attribute: "height", value: 0)),
  image(1, -4, .badAttribute(node: "x", attribute: "width", value: -4)),
  image(.max, .max, .badAttribute(node: "x", attribute: "height", value: .max)),
  Refused(
    "too many tokens", embedding, of: Shape(128, 128, 3), .tensorTooLarge(node: "x", Shape(1, 16385, 3))),
]

@Suite struct GraphTokenTests {
  private func infer(_ nodes: [Node], input: Shape) throws -> [String: Shape] {
    try Graph(input: "input", inputShape: input, nodes: nodes, output: nodes.last?.name ?? "").inferShapes()
  }

  @Test(arguments: refused)
  private func refuses(_ example: Refused) {
    #expect(throws: example.error) { try infer([Node("x", example.op, ["input"])], input: example.input) }
    #expect(!example.error.description.contains("\n"))
  }

  @Test func refusesAnEpsilonThatIsNoNumber() {
    let op = LayerNorm(epsilon: .nan, weight: "w", bias: "b")
    #expect(throws: GraphError.self) { try infer([Node("x", op, ["input"])], input: tokens) }
  }

  @Test func infersShapesOfTokens() throws {
    let nodes = [
      Node("t", embedding, ["input"]), Node("n", norm, ["t"]),
      Node("a", Attention(heads: 4), ["n"]), Node("g", Activation.gelu, ["a"]),
      Node("i", ImageTokens(height: 7, width: 9), ["g"]), Node("f", FirstToken(), ["g"]),
    ]
    #expect(
      try infer(nodes, input: Shape(7, 9, 24)) == [
        "input": Shape(7, 9, 24), "t": Shape(1, 64, 24), "n": Shape(1, 64, 24), "a": Shape(1, 64, 8),
        "g": Shape(1, 64, 8), "i": Shape(7, 9, 8), "f": Shape(1, 1, 8),
      ])
  }

  private static let nodes = [
    Node("x", norm, ["a"]),
    Node("x", LayerNorm(epsilon: 1e-12, weight: "w", bias: "b"), ["a"]),
    Node("x", embedding, ["a"]),
    Node("x", Attention(heads: 12), ["a"]),
    Node("x", FirstToken(), ["a"]),
    Node("x", ImageTokens(height: 14, width: 13), ["a"]),
    Node("x", Activation.gelu, ["a"]),
  ]

  private static let json = [
    #"{"name":"x","op":"layer_norm","inputs":["a"],"epsilon":1e-6,"tensors":{"weight":"w","bias":"b"}}"#,
    #"{"name":"x","op":"layer_norm","inputs":["a"],"epsilon":1e-12,"tensors":{"weight":"w","bias":"b"}}"#,
    #"{"name":"x","op":"tokens","inputs":["a"],"tensors":{"classToken":"c","positions":"p"}}"#,
    #"{"name":"x","op":"attention","inputs":["a"],"heads":12}"#,
    #"{"name":"x","op":"first_token","inputs":["a"]}"#,
    #"{"name":"x","op":"image_tokens","inputs":["a"],"size":[14,13]}"#,
    #"{"name":"x","op":"activation","inputs":["a"],"function":"gelu"}"#,
  ]

  @Test(arguments: zip(nodes, json))
  func codesNodes(_ node: Node, _ json: String) throws {
    #expect(try JSONDecoder().decode(Node.self, from: Data(json.utf8)) == node)
    #expect(try JSONDecoder().decode(Node.self, from: JSONEncoder().encode(node)) == node)
  }

  @Test(arguments: [
    #"{"name":"x","op":"layer_norm","inputs":["a"],"tensors":{"weight":"w","bias":"b"}}"#,
    #"{"name":"x","op":"layer_norm","inputs":["a"],"epsilon":1e-6,"tensors":{"weight":"w"}}"#,
    #"{"name":"x","op":"tokens","inputs":["a"]}"#,
    #"{"name":"x","op":"attention","inputs":["a"],"heads":1.5}"#,
    #"{"name":"x","op":"attention","inputs":["a"]}"#,
    #"{"name":"x","op":"image_tokens","inputs":["a"],"size":[14]}"#,
  ])
  func refusesWhatIsNoNode(_ json: String) {
    #expect(throws: DecodingError.self) { try JSONDecoder().decode(Node.self, from: Data(json.utf8)) }
  }
}
