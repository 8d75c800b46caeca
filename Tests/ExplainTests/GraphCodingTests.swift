@testable import Explain
import Foundation
import Testing

@Suite struct GraphCodingTests {
  private func decode(_ json: String) throws -> Node { try JSONDecoder().decode(Node.self, from: Data(json.utf8)) }

  private static let convolution = Node(
    "layer1.0.conv1",
    Convolution(
      window: Window(kernelHeight: 3, kernelWidth: 5, stride: 2, top: 1, left: 2, bottom: 3, right: 4),
      outputChannels: 64, weights: WeightNames(weight: "w", scale: "s", bias: "b", columnSums: "c")), ["maxpool"])
  private static let nodes = [
    convolution,
    Node(
      "dw",
      DepthwiseConvolution(
        window: Window(kernel: 3), outputChannels: 8,
        weights: WeightNames(weight: "w", scale: nil, bias: "b", columnSums: nil)), ["a"]),
    Node("relu", Activation.relu, ["a"]), Node("relu6", Activation.relu6, ["a"]), Node("sum", Add(), ["a", "b"]),
    Node("pool", MaxPool(Window(kernel: 3, stride: 2, padding: 1)), ["a"]), Node("mean", GlobalAveragePool(), ["a"]),
  ]

  @Test(arguments: nodes)
  func survivesARoundTrip(_ node: Node) throws {
    #expect(try JSONDecoder().decode(Node.self, from: JSONEncoder().encode(node)) == node)
  }

  @Test func readsFlatObjects() throws {
    let json = """
      {"name": "layer1.0.conv1", "op": "conv2d", "inputs": ["maxpool"], "outputChannels": 64, "kernel": [3, 5],
       "stride": 2, "padding": [1, 2, 3, 4],
       "tensors": {"weight": "w", "scale": "s", "bias": "b", "columnSums": "c"}}
      """
    #expect(try decode(json) == Self.convolution)
  }

  @Test(arguments: [
    #"{"name": "x", "op": "entropy", "inputs": []}"#,
    #"{"name": "x", "op": "add"}"#,
    #"{"name": "x", "inputs": []}"#,
    #"{"op": "add", "inputs": []}"#,
    #"{"name": "x", "op": "activation", "inputs": ["a"], "function": "softplus"}"#,
    #"{"name": "x", "op": "max_pool", "inputs": ["a"], "kernel": [3], "stride": 1, "padding": [0, 0, 0, 0]}"#,
    #"{"name": "x", "op": "max_pool", "inputs": ["a"], "kernel": [3, 3], "stride": 1, "padding": [0, 0]}"#,
    #"{"name": "x", "op": "max_pool", "inputs": ["a"], "kernel": [3, 3], "stride": 1, "padding": [0, 0, 0, 0], "dilation": 2}"#,
    #"{"name": "x", "op": "max_pool", "inputs": ["a"], "kernel": [3, 3], "stride": 1.5, "padding": [0, 0, 0, 0]}"#,
    #"{"name": "x", "op": "max_pool", "inputs": ["a"], "kernel": [3, 3], "stride": 1e99, "padding": [0, 0, 0, 0]}"#,
    #"{"name": "x", "op": "max_pool", "inputs": ["a"], "kernel": [3, 3], "padding": [0, 0, 0, 0]}"#,
    #"{"name": "x", "op": "average_pool", "inputs": ["a"], "kernel": [2, 2], "stride": 1, "padding": [0, 0, 0, 0]}"#,
  ])
  func refusesWhatIsNoNode(_ json: String) { #expect(throws: DecodingError.self) { try decode(json) } }
}
