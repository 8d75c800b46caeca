import Testing

@testable import Explain

/// Files of onnx's own writer, and some by hand, as onnx's own reader reads them.
@Suite struct ONNXModelTests {
  @Test(arguments: ONNXFixture.names)
  func readsWhatONNXReads(_ name: String) throws {
    let expected = try #require(try ONNXFixture.all.get()[name + ".onnx"])
    let model = try ONNXModel(path: ONNXFixture.path(name))
    #expect(model.irVersion == expected.irVersion)
    #expect([model.producer, model.producerVersion] == [expected.producer, expected.producerVersion])
    #expect(model.opsets == expected.opsets && model.opset == expected.opsets[""])
    #expect(model.metadata.map { [$0.key, $0.value] } == expected.metadata)
    #expect(model.graph.name == expected.graph)
    try compare(model.graph.inputs, expected.inputs)
    try compare(model.graph.outputs, expected.outputs)
    #expect(Set(model.graph.tensors.keys) == Set(expected.tensors.keys))
    for (name, tensor) in model.graph.tensors {
      #expect(tensor.name == name)
      try compare(tensor, try #require(expected.tensors[name]))
    }
    #expect(model.graph.nodes.count == expected.nodes.count)
    for node in model.graph.nodes {
      let wanted = try #require(expected.nodes.first { $0.outputs == node.outputs })
      #expect([node.opType, node.name, node.domain] == [wanted.op, wanted.name, wanted.domain])
      #expect(node.inputs == wanted.inputs)
      #expect(Set(node.attributes.keys) == Set(wanted.attributes.keys), "\(node)")
      for (name, value) in node.attributes { try compare(value, try #require(wanted.attributes[name])) }
    }
  }

  private func compare(_ values: [ONNXValueInfo], _ expected: [ONNXFixture.Value]) throws {
    #expect(values.map(\.name) == expected.map(\.name))
    #expect(values.map { $0.elementType?.name } == expected.map(\.type))
    for (value, wanted) in zip(values, expected) {
      let shape = value.shape?.map { dimension in
        switch dimension {
        case .length(let length): "\(length)"
        case .symbol(let name): name
        }
      }
      #expect(shape == wanted.shape)
    }
  }

  private func compare(_ tensor: ONNXTensor, _ expected: ONNXFixture.Tensor) throws {
    #expect(tensor.elementType.name == expected.type && tensor.shape == expected.shape, "\(tensor.name)")
    #expect(try tensor.floats().map(\.bitPattern) == expected.floats, "\(tensor.name)")
    if let integers = expected.integers {
      #expect(try tensor.integers() == integers, "\(tensor.name)")
    } else {
      #expect(throws: ONNXError.notWhole(tensor: tensor.name, tensor.elementType)) { try tensor.integers() }
    }
  }

  private func compare(_ value: ONNXAttribute, _ expected: ONNXFixture.Attribute) throws {
    switch value {
    case .float(let value): #expect(expected.kind == "FLOAT" && [value.bitPattern] == expected.floats)
    case .floats(let values): #expect(expected.kind == "FLOATS" && values.map(\.bitPattern) == expected.floats)
    case .int(let value): #expect(expected.kind == "INT" && [value] == expected.ints)
    case .ints(let values): #expect(expected.kind == "INTS" && values == expected.ints)
    case .string(let value): #expect(expected.kind == "STRING" && [value] == expected.strings)
    case .strings(let values): #expect(expected.kind == "STRINGS" && values == expected.strings)
    case .graph(let graph): #expect(expected.kind == "GRAPH" && graph.nodes.map(\.opType) == expected.strings)
    case .tensor(let tensor):
      #expect(expected.kind == "TENSOR")
      try compare(tensor, try #require(expected.tensor))
    case .other(let kind): #expect(kind == expected.kind)
    }
  }

  /// Two files are not sorted: one backwards, one with a graph inside a node that reads what comes later.
  @Test(arguments: ONNXFixture.names)
  func nodesFollowWhatTheyRead(_ name: String) throws {
    let graph = try ONNXModel(path: ONNXFixture.path(name)).graph
    let given = Set(graph.nodes.flatMap(\.outputs))
    var known: Set<String> = []
    for node in graph.nodes {
      for input in node.reads where given.contains(input) { #expect(known.contains(input), "\(node) reads \(input)") }
      known.formUnion(node.outputs)
    }
  }

  @Test func sortedNodesKeepTheirOrder() throws {
    // Two chains that take turns, which no search in depth would give.
    let types = ["A", "B", "C", "D"]
    let nodes =
      ONNXBytes.node("A", ["x"], ["a"]) + ONNXBytes.node("B", ["x"], ["b"])
      + ONNXBytes.node("C", ["b"], ["c"]) + ONNXBytes.node("D", ["a", "c"], ["d"])
    let model = try ONNXModel(bytes: ONNXBytes.model(nodes), folder: "")
    #expect(model.graph.nodes.map(\.opType) == types)
  }

  @Test func nodesSayWhatTheyAre() throws {
    let nodes = try ONNXModel(path: ONNXFixture.path("network")).graph.nodes
    let conv = "Conv Conv_0 (dilations [1, 1], group 1, kernel_shape [3, 3], pads [1, 1, 1, 1], strides [2, 2])"
    #expect("\(nodes[0])" == conv && "\(nodes[1])" == "BatchNormalization 2 (epsilon 0.001)" && nodes[1].label == "2")
    let rare = try ONNXModel(path: ONNXFixture.path("attributes")).graph.nodes
    #expect("\(try #require(rare.first))".hasPrefix("com.example.Kinds kinds (f 0.1, fs [0.5, -1.0], i 46116860"))
    let choice = try #require(rare.first { $0.opType == "If" })
    #expect("\(choice)" == "If choice (else_branch graph of 2 nodes, then_branch graph of 1 node)")
    #expect(Set(choice.reads) == ["condition", "late", "x", "b", "c", "d"])
  }

  @Test func otherFilesAreListed() throws {
    let files = try ONNXModel(path: ONNXFixture.path("external")).externalFiles
    #expect(files == ["./external.bin", "external.bin", "sub/whole.bin"].map { "\(ONNXFixture.folder)/\($0)" })
  }

  @Test func aLongChainBackwardsIsSorted() throws {
    let count = 20_000
    let chain = (0..<count).reversed().flatMap { ONNXBytes.node("N", [$0 == 0 ? "x" : "v\($0)"], ["v\($0 + 1)"]) }
    let nodes = try ONNXModel(bytes: ONNXBytes.model(chain), folder: "").graph.nodes
    #expect(nodes.map { $0.outputs[0] } == (1...count).map { "v\($0)" })
  }

  @Test func modelsAreTold() throws {
    for name in ONNXFixture.names {
      let bytes = try fileBytes(ONNXFixture.path(name))
      #expect(bytes.withUnsafeBytes(ONNXModel.looksLikeONNX))
      // A download that was cut is one too, once the graph has begun.
      #expect(bytes.prefix(bytes.count - 20).withUnsafeBytes(ONNXModel.looksLikeONNX) || name == "merged")
    }
    for bytes in [[], [8], [8, 8], Array("a text".utf8), [8, 1, 0x12, 2, 0x0A, 0], [UInt8](repeating: 8, count: 40)] {
      #expect(!bytes.withUnsafeBytes(ONNXModel.looksLikeONNX), "\(bytes)")
    }
  }

  @Test func namesCountWhereContentSaysNothing() {
    func isONNX(_ bytes: [UInt8], _ path: String) -> Bool {
      bytes.withUnsafeBytes { ONNXModel.looksLikeONNX($0, path: path) }
    }
    #expect(isONNX([1, 2, 3], "net.onnx") && isONNX([], "folder/NET.ONNX"))
    #expect(!isONNX([1, 2, 3], "net.safetensors") && !isONNX([1, 2, 3], "net.onnx/weights"))
    #expect(!isONNX(Array("version https://git-lfs.github.com/spec/v1".utf8), "net.onnx"))
    #expect(!isONNX([0x89] + Array("PNG\r\n\u{1A}\n".utf8), "net.onnx"))
  }
}
