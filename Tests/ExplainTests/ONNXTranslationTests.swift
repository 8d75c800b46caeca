import Testing

@testable import Explain

/// Graphs by hand: what becomes of them, or the error; never a trap.
@Suite(.disabled(if: Emulation.isRepeated, Emulation.ranBefore)) struct ONNXTranslationTests {
  typealias Wire = ONNXBytes

  private static func attribute(_ name: String, _ values: Int...) -> [UInt8] {
    Wire.field(5, Wire.field(1, name) + values.flatMap { Wire.field(8, $0) } + Wire.field(20, 7))
  }

  private static func attribute(_ name: String, one value: Int) -> [UInt8] {
    Wire.field(5, Wire.field(1, name) + Wire.field(3, value) + Wire.field(20, 2))
  }

  private static func attribute(_ name: String, _ text: String) -> [UInt8] {
    Wire.field(5, Wire.field(1, name) + Wire.field(4, text) + Wire.field(20, 3))
  }

  private static func floats(_ name: String, _ shape: [Int]) -> [UInt8] {
    Wire.tensor(name, type: 1, shape: shape, Wire.field(9, [UInt8](repeating: 0, count: 4 * shape.reduce(1, *))))
  }

  private static func integers(_ name: String, _ values: [Int]) -> [UInt8] {
    let bytes = values.flatMap { value in (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
    return Wire.tensor(name, type: 7, shape: [values.count], Wire.field(9, bytes))
  }

  /// An input; a length below 0 is a symbol.
  private static func input(_ lengths: [Int], type: Int = 1) -> [UInt8] {
    let dimensions = lengths.flatMap { Wire.field(1, $0 < 0 ? Wire.field(2, "n") : Wire.field(1, $0)) }
    return Wire.field(
      11, Wire.field(1, "x") + Wire.field(2, Wire.field(1, Wire.field(1, type) + Wire.field(2, dimensions))))
  }

  /// What the import of a model with this graph says; the graph's result is `y`.
  private func refusal(_ graph: [UInt8], input: [UInt8] = input([1, 3, 8, 8])) throws -> String? {
    let folder = try TemporaryFolder()
    let path = try folder.write("net.onnx", Wire.model(graph + Wire.field(12, Wire.field(1, "y")), input: input))
    do throws(ImportError) {
      _ = try importModel(from: path, to: folder.file("m"))
      return nil
    } catch {
      #expect(folder.names == ["net.onnx"])
      #expect(!error.description.contains { $0.isNewline })
      return error.description
    }
  }

  private static let pool = Wire.node("GlobalAveragePool", ["x"], ["y"])

  @Test(arguments: [
    [1, 3, 8, 8], [-1, 3, 8, 8], [-1, 3, 1, 1], [1, 3, 8, 9], [1, 3, -1, -1], [-1, 1, 8, 8], [1, 8, 8, 3],
    [-1, -1, -1, 3], [1, 8, 9, 1],
  ])
  func batchesAndSidesMayBeOfAnySize(_ lengths: [Int]) throws {
    #expect(try refusal(Self.pool, input: Self.input(lengths)) == nil)
  }

  @Test(arguments: [
    ([1, 2, 8, 8], "[1, 2, 8, 8]"), ([1, 3, -1, 4097], "[1, 3, n, 4097]"), ([1, -1, 8, 8], "[1, n, 8, 8]"),
    ([1, 8, 8, 4], "[1, 8, 8, 4]"), ([1, -1, -1, -1], "[1, n, n, n]"), ([4, 3, 8, 8], "[4, 3, 8, 8]"),
    ([0, 3, 8, 8], "[0, 3, 8, 8]"), ([1, 3, 0, 0], "[1, 3, 0, 0]"), ([3, 8, 8], "[3, 8, 8]"),
    ([1, 3, 1 << 40, 1 << 40], "[1, 3, \(1 << 40), \(1 << 40)]"),
  ])
  func otherInputsAreRefused(_ lengths: [Int], _ written: String) throws {
    #expect(
      try refusal(Self.pool, input: Self.input(lengths))
        == "input x is \(written); an image [1, 1 or 3, height, width] or [1, height, width, 1 or 3] of at most 4096 pixels a side is needed"
    )
  }

  @Test func inputsAreOneTensorOfFloats() throws {
    let pair = Wire.field(11, Wire.field(1, "a")) + Self.input([1, 3, 8, 8])
    #expect(try refusal(Self.pool, input: pair) == "has 2 inputs (a, x); one is needed, an image [1, 3, height, width]")
    #expect(
      try refusal(Self.pool, input: Self.input([1, 3, 8, 8], type: 3)) == "input x is INT8; floats or bytes are needed")
    #expect(
      try refusal(Self.pool, input: Wire.field(11, Wire.field(1, "x")))?.hasPrefix("input x is of any shape; ") == true)
  }

  struct Example: Sendable, CustomTestStringConvertible {
    let message: String
    let graph: [UInt8]

    init(_ message: String, _ graph: [UInt8]) { (self.message, self.graph) = (message, graph) }

    var testDescription: String { message }
  }

  private static func convolution(_ shape: [Int] = [4, 3, 3, 3], _ attributes: [UInt8] = [], bias: Int? = nil)
    -> [UInt8]
  {
    Wire.node("Conv", ["x", "w"] + (bias == nil ? [] : ["b"]), ["1"], name: "c", attributes) + floats("w", shape)
      + (bias.map { floats("b", [$0]) } ?? []) + Wire.node("GlobalAveragePool", ["1"], ["y"])
  }

  private static func reshape(_ lengths: [Int]) -> [UInt8] {
    Wire.node("Reshape", ["x", "s"], ["y"], name: "r") + integers("s", lengths)
  }

  private static func pad(_ pads: [Int], value: Int = 0) -> [UInt8] {
    Wire.node("Pad", ["x", "p", "v"], ["1"]) + integers("p", pads) + integers("v", [value])
      + Wire.node("Relu", ["1"], ["y"])
  }

  private static func resize(_ sizes: [Int], mode: String = "nearest") -> [UInt8] {
    Wire.node("Resize", ["x", "", "", "s"], ["y"], attribute("mode", mode)) + integers("s", sizes)
  }

  private static func einsum(_ equation: String, inputs: Int = 2) -> [UInt8] {
    Wire.node("Einsum", [String](repeating: "x", count: inputs), ["y"], attribute("equation", equation))
  }

  private static func slice(step: Int) -> [UInt8] {
    Wire.node("Slice", ["x", "a", "b", "c", "d"], ["y"]) + integers("a", [0]) + integers("b", [3])
      + integers("c", [1]) + integers("d", [step])
  }

  private static func gather(_ indices: [Int]) -> [UInt8] {
    Wire.node("Gather", ["x", "i"], ["y"], attribute("axis", one: 1)) + integers("i", indices)
  }

  /// The integers `w` behind a node of this type, as weights of 1 x 1.
  private static func rescaled(_ type: String, _ inputs: String..., attributes: [UInt8] = []) -> [UInt8] {
    Wire.node(type, inputs, ["1"], name: "q", attributes) + Wire.node("Conv", ["x", "1"], ["2"])
      + Wire.node("GlobalAveragePool", ["2"], ["y"])
      + Wire.tensor("w", type: 3, shape: [2, 3, 1, 1], Wire.field(9, [1, 2, 3, 4, 5, 6]))
  }

  private static let huge = 1 << 62

  private static let examples = [
    Example("tensor c.bias has the shape [3], expected [4]", convolution(bias: 3)),
    Example("weights [4, 2, 3, 3] do not fit 3 channels in 1 groups", convolution([4, 2, 3, 3])),
    Example(
      "weights [4, 3, 3, 3] do not fit 3 channels in \(huge) groups",
      convolution([4, 3, 3, 3], attribute("group", one: huge))),
    Example("in 0 groups", convolution([4, 3, 3, 3], attribute("group", one: 0))),
    Example("node c has the stride 0, which is not possible", convolution([4, 3, 3, 3], attribute("strides", 0, 0))),
    Example("node c has the padding \(huge), ", convolution([4, 3, 3, 3], attribute("pads", 0, 0, huge, huge))),
    Example("node c has the dilation \(huge), ", convolution([4, 3, 3, 3], attribute("dilations", huge, huge))),
    Example("node c has the padding -9, ", convolution([4, 3, 3, 3], attribute("pads", -9, 0, 0, 0))),
    Example("two dimensions with the same stride are needed", convolution([4, 3, 3, 3], attribute("strides", 1, 2))),
    Example("four pads are needed", convolution([4, 3, 3, 3], attribute("pads", 1, 1))),
    Example("node c has the kernel 0, ", convolution([4, 3, 0, 3])),
    Example(
      "node y has the stride 0, ",
      Wire.node(
        "MaxPool", ["x"], ["y"],
        attribute("kernel_shape", 2, 2) + attribute("strides", 0, 0) + attribute("ceil_mode", one: 1))),
    Example("kernel_shape is missing", Wire.node("MaxPool", ["x"], ["y"])),
    Example("[1, 3, 8, 8] does not become [1, \(huge), \(huge), \(huge)]", reshape([1, huge, huge, huge])),
    Example("[1, 3, 8, 8] does not become [-1, -1, 192]", reshape([-1, -1, 192])),
    Example("[1, 3, 8, 8] does not become [-2, -96]", reshape([-2, -96])),
    Example("the output is 4x16x3, not one value for each class", reshape([1, 3, 4, 16])),
    Example("the output is 1x4x48, not one value for each class", reshape([1, 4, 48])),
    Example("two pads for each axis are needed", pad([1, 1])),
    Example("only height and width can be padded, and not be cut", pad([0, 1, 0, 0, 0, 0, 0, 0])),
    Example("only height and width can be padded, and not be cut", pad([0, 0, -1, 0, 0, 0, 0, 0])),
    Example("only height and width can be padded, and not be cut", pad([0, 0, huge, 0, 0, 0, 0, 0])),
    Example("the output is 10x10x3, not one value for each class", pad([0, 0, 1, 1, 0, 0, 1, 1])),
    Example("padding with 1.0 is understood before pooling alone", pad([0, 0, 1, 1, 0, 0, 1, 1], value: 1)),
    Example("the output is 3x12x12, not one value for each class", resize([1, 3, 12, 12])),
    Example("a size for each dimension is needed", resize([1, 3, huge, huge])),
    Example("a size for each dimension is needed", resize([1, 3, 0, 8])),
    Example("only the nearest pixel and linear interpolation are supported", resize([1, 3, 12, 12], mode: "cubic")),
    Example("[1, 3, 8, 8] and [1, 3, 8, 8] have other dimensions", einsum("ab,bc->ac")),
    Example("repeated indices and ... are not supported", einsum("aabc,abcd->abd")),
    Example("only products of two tensors with a result that is written out are supported", einsum("abcd,abce")),
    Example("only products of two tensors with a result that is written out are supported", einsum("abcd,abde->abe")),
    Example("only products of two tensors with a result that is written out are supported", einsum("", inputs: 1)),
    Example("[1, 3, 8, 8] and [1, 3, 8, 8] have no product", einsum("abcd,badc->abc")),
    Example(
      "padding of more than \(GraphLimits.kernel - 1) pixels is not supported here", pad([0, 0, 300, 0, 0, 0, 300, 0])),
    Example("a size for each dimension is needed", resize([16, 16])),
    Example("steps below 1 are not supported", slice(step: -1)),
    Example("steps below 1 are not supported", slice(step: 0)),
    Example("the output is 8x8x1, not one value for each class", slice(step: huge)),
    Example("only indices that follow each other evenly are supported", gather([0, 2, 1])),
    Example("only indices that follow each other evenly are supported", gather([0, huge])),
    Example("only indices that follow each other evenly are supported", gather([.min, .max])),
    Example(
      "norms are understood in global response normalization alone",
      Wire.node("ReduceL2", ["x"], ["y"], attribute("axes", 2, 3))),
    Example(
      "have no product",
      Wire.node("Flatten", ["x"], ["1"]) + Wire.node("MatMul", ["x", "1"], ["2"]) + Wire.node("Relu", ["2"], ["y"])),
    Example("the inputs' shapes differ", Wire.node("Flatten", ["x"], ["1"]) + Wire.node("Add", ["x", "1"], ["y"])),
    Example("the output is 8x8x3, not one value for each class", Wire.node("Relu", ["x"], ["y"])),
    Example("nothing to join", Wire.node("Concat", [], ["y"], name: "c")),
    Example("input 1 is missing", Wire.node("Add", ["x"], ["y"])),
    Example("input 0 is missing", Wire.node("Relu", [], ["y"])),
    Example("the weights are no matrix", Wire.node("Gemm", ["x", "w"], ["y"]) + floats("w", [4])),
    Example("not one value for each class", Wire.node("Mul", ["x", "w"], ["y"]) + floats("w", [8])),
    Example("is not one value for each channel", Wire.node("PRelu", ["x", "w"], ["y"]) + floats("w", [3])),
    Example(
      "training_mode is not supported",
      Wire.node("BatchNormalization", ["x", "a", "a", "a", "a"], ["y"], attribute("training_mode", one: 1))
        + floats("a", [3])),
    Example(
      "tensor n.norm.weight has the shape [2], expected [3]",
      Wire.node("BatchNormalization", ["x", "a", "a", "a", "a"], ["y"], name: "n") + floats("a", [2])),
    Example(
      "output y is not provided",
      Wire.node("Shape", ["x"], ["y"], attribute("start", one: 3) + attribute("end", one: 1))),
    Example("output y is not provided", Wire.node("Shape", ["x"], ["y"], attribute("start", one: -huge))),
    Example(
      "node QLinearConv c: integer arithmetic is not supported; export in float32, or with QuantFormat.QDQ",
      Wire.node("QuantizeLinear", ["x", "s"], ["1"]) + floats("s", [])
        + Wire.node("QLinearConv", ["1", "s"], ["y"], name: "c")),
    Example(
      "node MatMulInteger c: integer arithmetic",
      Wire.node("MatMulInteger", ["x", "s"], ["y"], name: "c") + floats("s", [])),
    Example(
      "node DequantizeLinear q (axis 7): one scale is needed",
      rescaled("DequantizeLinear", "w", "s", attributes: attribute("axis", one: 7)) + floats("s", [2])),
    Example("one scale is needed", rescaled("DequantizeLinear", "w", "s") + floats("s", [2])),
    Example(
      "one scale is needed",
      rescaled("DequantizeLinear", "w", "s", attributes: attribute("block_size", one: 2)) + floats("s", [2, 3, 1, 1])),
    Example("one scale is needed", rescaled("QuantizeLinear", "w", "s") + floats("s", [])),
    Example("one scale is needed", rescaled("DequantizeLinear", "w") + floats("s", [])),
    Example("is not in the file", Wire.node("QuantizeLinear", ["x", "x"], ["y"])),
    Example("the scale is missing", Wire.node("QuantizeLinear", ["x"], ["y"])),
    Example(
      "its scale and zero point are not those of QuantizeLinear",
      Wire.node("QuantizeLinear", ["x", "s"], ["1"]) + Wire.node("DequantizeLinear", ["1", "t"], ["2"])
        + floats("s", [])
        + floats("t", [1, 2]) + Wire.node("GlobalAveragePool", ["2"], ["y"])),
    Example(
      "scales and zero points differ in number",
      Wire.node("QuantizeLinear", ["x", "s", "t"], ["y"]) + floats("s", []) + floats("t", [2])),
    Example(
      "operator com.example.Relu is not supported", Wire.node("Relu", ["x"], ["y"], Wire.field(7, "com.example"))),
    Example(
      "two constants",
      Wire.node("Div", ["a", "b"], ["1"]) + integers("a", [.min]) + integers("b", [-1]) + pool),
  ]

  @Test(arguments: examples) func graphsAreRefused(_ example: Example) throws {
    let message = try #require(try refusal(example.graph))
    #expect(message.contains(example.message), "\(message)")
  }

  @Test func aSigmoidAtTheEndMakesABinaryClassifier() throws {
    let graph = Wire.node("Conv", ["x", "w"], ["1"], name: "c") + Self.floats("w", [1, 3, 8, 8])
    let end = Wire.node("Sigmoid", ["1"], ["y"]) + Wire.field(12, Wire.field(1, "y"))
    let folder = try TemporaryFolder()
    let path = try folder.write("net.onnx", Wire.model(graph + end, input: Self.input([1, 3, 8, 8])))
    let description = try importModel(from: path, to: folder.file("m")).description
    #expect(description.graph.output == "c" && description.logits == 1 && description.classes == 2)
  }

  /// Bytes that the graph makes numbers of are pixels in 0...255.
  @Test func imagesMayBeBytesWithAScale() throws {
    let scale = withUnsafeBytes(of: Float(1.0 / 255).bitPattern.littleEndian) { Array($0) }
    let graph =
      Wire.node("DequantizeLinear", ["x", "s"], ["1"]) + Wire.tensor("s", type: 1, shape: [], Wire.field(9, scale))
      + Wire.node("GlobalAveragePool", ["1"], ["y"]) + Wire.field(12, Wire.field(1, "y"))
    let folder = try TemporaryFolder()
    let path = try folder.write("net.onnx", Wire.model(graph, input: Self.input([1, 3, 8, 8], type: 2)))
    let description = try importModel(from: path, to: folder.file("m")).description
    #expect(description.preprocessing.mean == [0, 0, 0])
    #expect(description.preprocessing.std.allSatisfy { abs($0 - 1) < 1e-6 })
    #expect(description.graph.nodes.count == 1)
  }

  @Test func everyNodeHasANameOfItsOwn() throws {
    let names = ["/", "input", "a/b", "/a/b/", "head/fc", "y"]
    let nodes = names.enumerated().map { index, name in
      Wire.node("Relu", [index == 0 ? "x" : "\(index)"], ["\(index + 1)"], name: name)
    }
    let end = Wire.node("GlobalAveragePool", ["6"], ["y"]) + Wire.field(12, Wire.field(1, "y"))
    let folder = try TemporaryFolder()
    let path = try folder.write(
      "net.onnx", Wire.model(nodes.flatMap(\.self) + end, input: Self.input([1, 3, 8, 8])))
    _ = try importModel(from: path, to: folder.file("m"))
    #expect(
      try Model(path: folder.file("m")).description.graph.nodes.map(\.name) == [
        "Relu", "input.2", "a.b", "a.b.2", "network.head.fc", "y", "y.2",
      ])
  }

  /// A node without a result computes nothing.
  @Test func nodesWithoutOutputsAreSkipped() throws {
    #expect(try refusal(Wire.node("LRN", ["x"], []) + Self.pool) == nil)
  }
}
