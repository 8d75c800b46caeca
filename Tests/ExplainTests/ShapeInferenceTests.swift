@testable import Explain
import Testing

private let names = WeightNames(weight: "w", scale: "s", bias: "b", columnSums: "c")

private func convolution(_ window: Window, _ channels: Int, groups: Int = 1) -> any GraphOperator {
  Convolution(window: window, outputChannels: channels, groups: groups, weights: names)
}

private func depthwise(_ window: Window, _ channels: Int) -> any GraphOperator {
  DepthwiseConvolution(window: window, outputChannels: channels, weights: names)
}

private func graph(_ nodes: [Node], input: Shape = Shape(8, 8, 3), output: String? = nil) -> Graph {
  Graph(input: "input", inputShape: input, nodes: nodes, output: output ?? nodes.last?.name ?? "")
}

private struct Refused: CustomTestStringConvertible, Sendable {
  var what: String
  var graph: Graph
  var error: GraphError

  init(_ what: String, _ graph: Graph, _ error: GraphError) {
    (self.what, self.graph, self.error) = (what, graph, error)
  }

  var testDescription: String { what }
}

/// One node `x` that reads the input.
private func single(_ what: String, _ op: any GraphOperator, _ error: GraphError) -> Refused {
  Refused(what, graph([Node("x", op, ["input"])]), error)
}

private func attribute(_ name: String, _ value: Int) -> GraphError {
  .badAttribute(node: "x", attribute: name, value: value)
}

private let relu = Activation.relu

private let refused = [
  Refused("no nodes", graph([]), .unknownOutput("")),
  Refused("empty input", graph([Node("x", relu, ["input"])], input: Shape(0, 8, 3)), .badInputShape(Shape(0, 8, 3))),
  Refused(
    "input beyond Int", graph([Node("x", relu, ["input"])], input: Shape(.max, .max, .max)),
    .badInputShape(Shape(.max, .max, .max))),
  Refused("unknown input", graph([Node("x", relu, ["y"])]), .unknownInput(node: "x", input: "y")),
  Refused(
    "input behind its reader", graph([Node("x", relu, ["y"]), Node("y", relu, ["input"])]),
    .inputNotYetComputed(node: "x", input: "y")),
  Refused("node that reads itself", graph([Node("x", relu, ["x"])]), .inputNotYetComputed(node: "x", input: "x")),
  Refused(
    "cycle of two", graph([Node("x", relu, ["y"]), Node("y", relu, ["x"])]),
    .inputNotYetComputed(node: "x", input: "y")),
  Refused(
    "two nodes of one name", graph([Node("x", relu, ["input"]), Node("x", relu, ["input"])]), .duplicateName("x")),
  Refused("node named as the input", graph([Node("input", relu, ["input"])]), .duplicateName("input")),
  Refused("node without name", graph([Node("", relu, ["input"])], output: "x"), .emptyName(index: 0)),
  Refused("unknown output", graph([Node("x", relu, ["input"])], output: "y"), .unknownOutput("y")),
  Refused("input as output", graph([Node("x", relu, ["input"])], output: "input"), .unknownOutput("input")),
  Refused("no inputs", graph([Node("x", relu, [])]), .wrongInputCount(node: "x", expected: 1...1, found: 0)),
  Refused(
    "sum of one", graph([Node("x", Add(), ["input"])]), .wrongInputCount(node: "x", expected: 2...2, found: 1)),
  Refused(
    "sum of unequal shapes",
    graph([Node("p", MaxPool(Window(kernel: 2, stride: 2)), ["input"]), Node("x", Add(), ["input", "p"])]),
    .unequalShapes(node: "x", Shape(8, 8, 3), Shape(4, 4, 3))),
  Refused(
    "one tensor alone", graph([Node("x", Concat(), ["input"])]),
    .wrongInputCount(node: "x", expected: 2...256, found: 1)),
  Refused(
    "more tensors than any network has",
    graph([Node("x", Concat(), [String](repeating: "input", count: 257))]),
    .wrongInputCount(node: "x", expected: 2...256, found: 257)),
  Refused(
    "concatenation of unequal sides",
    graph([Node("p", MaxPool(Window(kernel: 2, stride: 2)), ["input"]), Node("x", Concat(), ["input", "input", "p"])]),
    .unequalSides(node: "x", Shape(8, 8, 3), Shape(4, 4, 3))),
  Refused(
    "concatenation beyond all bounds",
    graph([Node("x", Concat(), [String](repeating: "input", count: 256))], input: Shape(1, 1, 1 << 20)),
    .tensorTooLarge(node: "x", Shape(1, 1, 1 << 28))),
  single("stride 0", MaxPool(Window(kernel: 2, stride: 0)), attribute("stride", 0)),
  single("stride below 0", convolution(Window(kernel: 2, stride: -1), 4), attribute("stride", -1)),
  single("absurd stride", convolution(Window(kernel: 2, stride: .max), 4), attribute("stride", .max)),
  single("kernel 0", convolution(Window(kernel: 0), 4), attribute("kernel height", 0)),
  single("absurd kernel", convolution(Window(kernel: .max), 4), attribute("kernel height", .max)),
  single(
    "kernel of no width",
    convolution(
      Window(kernelHeight: 1, kernelWidth: 0, stride: 1, top: 0, left: 0, bottom: 0, right: 0), 4),
    attribute("kernel width", 0)),
  single("padding below 0", convolution(Window(kernel: 3, padding: -1), 4), attribute("padding", -1)),
  single("padding of a kernel", MaxPool(Window(kernel: 3, padding: 3)), attribute("padding", 3)),
  single("absurd padding", convolution(Window(kernel: 3, padding: .max), 4), attribute("padding", .max)),
  single("dilation 0", convolution(Window(kernel: 3, dilation: 0), 4), attribute("dilation height", 0)),
  single(
    "dilation beyond the largest kernel", depthwise(Window(kernel: 3, dilation: 128), 3),
    attribute("dilation height", 128)),
  single("a pool of pixels that are apart", MaxPool(Window(kernel: 2, dilation: 2)), attribute("dilation height", 2)),
  single(
    "padding of a dilated kernel", convolution(Window(kernel: 3, padding: 5, dilation: 2), 4), attribute("padding", 5)),
  single("no groups", convolution(Window(kernel: 1), 4, groups: 0), attribute("groups", 0)),
  single("groups below 0", convolution(Window(kernel: 1), 4, groups: -1), attribute("groups", -1)),
  single("absurd groups", convolution(Window(kernel: 1), 4, groups: .max), attribute("groups", .max)),
  single(
    "uneven groups of inputs", convolution(Window(kernel: 1), 4, groups: 2),
    attribute("groups", 2)),
  single(
    "uneven groups of outputs", convolution(Window(kernel: 1), 4, groups: 3),
    attribute("groups", 3)),
  single("no output channels", convolution(Window(kernel: 1), 0), attribute("output channels", 0)),
  single("absurd output channels", convolution(Window(kernel: 1), .max), attribute("output channels", .max)),
  single(
    "depthwise with other channels", depthwise(Window(kernel: 3, padding: 1), 6),
    .channelMismatch(node: "x", expected: 3, found: 6)),
  single(
    "window larger than its input", convolution(Window(kernel: 9), 4),
    .windowTooLarge(node: "x", kernel: [9, 9], paddedInput: [8, 8])),
  single(
    "pool larger than its padded input", MaxPool(Window(kernel: 13, padding: 2)),
    .windowTooLarge(node: "x", kernel: [13, 13], paddedInput: [12, 12])),
  Refused(
    "output too large", graph([Node("x", convolution(Window(kernel: 1), 1 << 20), ["input"])], input: Shape(64, 64, 3)),
    .tensorTooLarge(node: "x", Shape(64, 64, 1 << 20))),
  Refused(
    "reduction too long",
    graph([Node("x", convolution(Window(kernel: 64), 1), ["input"])], input: Shape(64, 64, 1024)),
    attribute("reduction length", 64 * 64 * 1024)),
  Refused(
    "too many nodes", graph((0...4096).map { Node("\($0)", relu, [$0 == 0 ? "input" : "\($0 - 1)"]) }),
    .tooManyNodes(4097)),
  Refused(
    "too much work",
    graph(
      [Node("x", convolution(Window(kernel: 3, padding: 1), 1 << 14), ["input"])], input: Shape(128, 128, 1 << 14)),
    .tooMuchWork(node: "x", limit: 1 << 42)),
]

@Suite struct ShapeInferenceTests {
  @Test(arguments: refused)
  private func refuses(_ example: Refused) {
    #expect(throws: example.error) { try example.graph.inferShapes() }
    #expect(!example.error.description.contains("\n"))
  }

  @Test func errorsNameTheRangeOfInputs() {
    let range = GraphError.wrongInputCount(node: "x", expected: 2...256, found: 1)
    #expect(range.description == "node x has 1 inputs, its operator takes 2 to 256")
    let one = GraphError.wrongInputCount(node: "x", expected: 1...1, found: 0)
    #expect(one.description == "node x has 0 inputs, its operator takes 1")
  }

  @Test func infersEveryShape() throws {
    let same = Window(kernelHeight: 3, kernelWidth: 3, stride: 2, top: 0, left: 0, bottom: 1, right: 1)
    let shapes = try graph(
      [
        Node("stem", convolution(Window(kernel: 7, stride: 2, padding: 3), 64), ["input"]),
        Node("pool", MaxPool(Window(kernel: 3, stride: 2, padding: 1)), ["stem"]),
        Node("dw", depthwise(same, 64), ["pool"]),
        Node(
          "wide",
          convolution(Window(kernelHeight: 1, kernelWidth: 5, stride: 3, top: 0, left: 2, bottom: 0, right: 1), 8),
          ["dw"]),
        Node("relu", Activation.relu6, ["wide"]),
        Node("sum", Add(), ["relu", "wide"]),
        Node("all", Concat(), ["sum", "relu", "sum"]),
        Node("mean", GlobalAveragePool(), ["all"]),
        Node("fc", convolution(Window(kernel: 1), 1000), ["mean"]),
      ], input: Shape(224, 200, 3)
    ).inferShapes()
    #expect(
      shapes == [
        "input": Shape(224, 200, 3), "stem": Shape(112, 100, 64), "pool": Shape(56, 50, 64), "dw": Shape(28, 25, 64),
        "wide": Shape(10, 8, 8), "relu": Shape(10, 8, 8), "sum": Shape(10, 8, 8), "all": Shape(10, 8, 24),
        "mean": Shape(1, 1, 24),
        "fc": Shape(1, 1, 1000),
      ])
  }
}
