import Testing

@testable import Explain

/// Models that are wrong, by hand: the exact error.
@Suite struct ONNXErrorTests {
  typealias Wire = ONNXBytes

  struct Example: Sendable, CustomTestStringConvertible {
    let bytes: [UInt8]
    let error: ONNXError

    init(_ error: ONNXError, _ bytes: [UInt8]) { (self.error, self.bytes) = (error, bytes) }

    /// A model of this graph.
    init(_ error: ONNXError, graph: [UInt8]) { self.init(error, Wire.model(graph)) }

    var testDescription: String { "\(error)" }
  }

  private static let relu = Wire.node("Relu", ["x"], ["y"])
  private static let one: [UInt8] = [0, 0, 0x80, 0x3F]

  /// A graph in an attribute of a node of a graph, and so on.
  private static func nested(_ depth: Int) -> [UInt8] {
    let attribute = Wire.field(1, "g") + (depth == 0 ? Wire.field(3, 1) : Wire.field(6, nested(depth - 1)))
    return Wire.node("If", [], [], name: "if", Wire.field(5, attribute))
  }

  private static func attribute(_ name: String, _ rest: [UInt8]) -> [UInt8] {
    Wire.field(5, Wire.field(1, name) + rest)
  }

  private static let files = [
    Example(.empty, []),
    Example(.notAModel, Wire.field(1, 8) + Wire.field(8, Wire.field(2, 18))),
    Example(.notAModel, Wire.field(8, Wire.field(2, 18)) + Wire.field(7, relu)),
    Example(.truncated(offset: 3, needed: 100, left: 1), Wire.field(1, 8) + [0x3A, 100, 0]),
    Example(.badField(offset: 2), Wire.field(1, 8) + [0]),
    Example(.unsupportedWireType(offset: 2, type: 3), Wire.field(1, 8) + [0x3B, 0x3C]),
    Example(.wrongWireType(message: "ModelProto", field: 1, offset: 0), Wire.field(1, "8")),
    Example(.wrongWireType(message: "ModelProto", field: 7, offset: 0), Wire.field(7, 1)),
    Example(.notText(message: "ModelProto", field: 2, offset: 0), Wire.field(2, [0xC3])),
    Example(.noOpset, Wire.model(relu, opset: [])),
    Example(.noOpset, Wire.model(relu, opset: Wire.field(8, Wire.field(1, "com.example") + Wire.field(2, 1)))),
    Example(.unsupportedOpset(6, supported: 7...27), Wire.model(relu, opset: Wire.field(8, Wire.field(2, 6)))),
    Example(.unsupportedOpset(28, supported: 7...27), Wire.model(relu, opset: Wire.field(8, Wire.field(2, 28)))),
  ]

  private static let graphs = [
    Example(.wrongWireType(message: "NodeProto", field: 3, offset: 15), graph: Wire.field(1, Wire.field(3, 1))),
    Example(.duplicateValue("y"), graph: relu + Wire.node("Neg", ["x"], ["y"])),
    Example(.duplicateValue("x"), graph: Wire.node("Neg", ["x"], ["x"])),
    Example(.duplicateValue("x"), graph: relu + Wire.field(11, Wire.field(1, "x"))),
    Example(.duplicateValue("y"), graph: relu + Wire.tensor("y", type: 1, shape: [], Wire.field(9, one))),
    Example(
      .duplicateValue("y"), graph: relu + Wire.node("Constant", [], ["y"], attribute("value_int", Wire.field(3, 1)))),
    Example(.missingInput(node: "y", opType: "Relu", input: "z"), graph: Wire.node("Relu", ["z"], ["y"])),
    Example(.missingOutput("z"), graph: relu + Wire.field(12, Wire.field(1, "z"))),
    Example(.cycle(node: "loop", opType: "Relu"), graph: Wire.node("Relu", ["y"], ["y"], name: "loop")),
    Example(
      .cycle(node: "b", opType: "Add"),
      graph: Wire.node("Add", ["x", "c"], ["b"]) + Wire.node("Neg", ["b"], ["c"]) + relu),
    Example(
      .badAttribute(node: "n", attribute: "a", problem: "is given twice"),
      graph: Wire.node("N", [], ["n"], attribute("a", Wire.field(3, 1)) + attribute("a", Wire.field(3, 1)))),
    Example(
      .badAttribute(node: "n", attribute: "a", problem: "has no value"),
      graph: Wire.node("N", [], ["n"], attribute("a", []))),
    Example(
      .badAttribute(node: "n", attribute: "a", problem: "has several values"),
      graph: Wire.node("N", [], ["n"], attribute("a", Wire.field(3, 1) + Wire.field(8, 1)))),
    Example(
      .badAttribute(node: "n", attribute: "a", problem: "lacks its tensor"),
      graph: Wire.node("N", [], ["n"], attribute("a", Wire.field(20, 4)))),
    Example(
      .badAttribute(node: "n", attribute: "a", problem: "lacks its graph"),
      graph: Wire.node("N", [], ["n"], attribute("a", Wire.field(20, 5)))),
    Example(.sparseInitializer, graph: Wire.field(15, [UInt8]())),
    Example(.unnamedTensor(offset: 13), graph: Wire.tensor("", type: 1, shape: [], [])),
    Example(.tooManyNodes(limit: 65_536), graph: [[UInt8]](repeating: [0x0A, 0], count: 65_537).flatMap(\.self)),
    Example(.tooLarge(limit: 64 << 20), graph: Wire.node("N", [], [], attribute("a", Wire.field(8, Self.manyNumbers)))),
  ]

  /// As many as do not fit as numbers of eight bytes each.
  private static let manyNumbers = [UInt8](repeating: 0, count: 9 << 20)

  private static let tensors = [
    Example(.unknownElementType(tensor: "t", number: 0), graph: Wire.tensor("t", type: 0, shape: [], [])),
    Example(.unknownElementType(tensor: "t", number: 77), graph: Wire.tensor("t", type: 77, shape: [], [])),
    Example(.badShape(tensor: "t", [-1]), graph: Wire.tensor("t", type: 1, shape: [-1], [])),
    Example(
      .badShape(tensor: "t", [1 << 40, 1 << 40]), graph: Wire.tensor("t", type: 1, shape: [1 << 40, 1 << 40], [])),
    Example(.badShape(tensor: "t", [1 << 62]), graph: Wire.tensor("t", type: 1, shape: [1 << 62], [])),
    Example(
      .wrongByteCount(tensor: "t", expected: 8, found: 4),
      graph: Wire.tensor("t", type: 1, shape: [2], Wire.field(9, one))),
    Example(
      .wrongByteCount(tensor: "t", expected: 0, found: 4),
      graph: Wire.tensor("t", type: 1, shape: [0], Wire.field(9, one))),
    Example(
      .unknownElementType(tensor: "a of n", number: 0),
      graph: Wire.node("N", [], ["n"], attribute("a", Wire.field(5, Wire.field(1, 1))))),
  ]

  @Test(arguments: files + graphs + tensors)
  func modelsAreRefused(_ example: Example) {
    #expect(throws: example.error) { try ONNXModel(bytes: example.bytes, folder: "") }
    #expect(!example.error.description.contains("\n"))
  }

  /// What only a look at all elements tells.
  private static let values = [
    Example(
      .unreadableElementType(tensor: "t", .int4), graph: Wire.tensor("t", type: 22, shape: [2], Wire.field(9, [1]))),
    Example(
      .unreadableElementType(tensor: "t", .string), graph: Wire.tensor("t", type: 8, shape: [1], Wire.field(6, "a"))),
    Example(
      .wrongValueCount(tensor: "t", expected: 2, found: 0),
      graph: Wire.tensor("t", type: 1, shape: [2], Wire.field(9, ""))),
    // Of another type's field.
    Example(
      .wrongValueCount(tensor: "t", expected: 1, found: 0),
      graph: Wire.tensor("t", type: 1, shape: [1], Wire.field(5, [1]))),
    Example(
      .wrongValueCount(tensor: "t", expected: 1, found: 2),
      graph: Wire.tensor("t", type: 1, shape: [1], Wire.field(4, one + one))),
    Example(
      .wrongValueCount(tensor: "t", expected: 2, found: 3),
      graph: Wire.tensor("t", type: 7, shape: [2], Wire.field(7, [1, 2, 3]))),
    Example(
      .truncated(offset: 28, needed: 4, left: 2),
      graph: Wire.tensor("t", type: 1, shape: [1], Wire.field(4, one + [1, 2]))),
    Example(
      .valueOutOfRange(tensor: "t", index: 1, .uint8),
      graph: Wire.tensor("t", type: 2, shape: [2], Wire.field(5, [1] + Wire.varint(256)))),
    Example(
      .valueOutOfRange(tensor: "t", index: 0, .float16),
      graph: Wire.tensor("t", type: 10, shape: [1], Wire.field(5, -1))),
    Example(
      .valueOutOfRange(tensor: "t", index: 0, .uint32),
      graph: Wire.tensor("t", type: 12, shape: [1], Wire.field(11, 1 << 32))),
    Example(
      .tooManyValues(tensor: "t", count: 1 << 40, limit: 1 << 24),
      graph: Wire.tensor("t", type: 6, shape: [1 << 40], Wire.field(5, [1]))),
    Example(
      .integerOverflow(tensor: "t"),
      graph: Wire.tensor("t", type: 13, shape: [1], Wire.field(9, [0, 0, 0, 0, 0, 0, 0, 0x80]))),
    Example(.notWhole(tensor: "t", .float), graph: Wire.tensor("t", type: 1, shape: [], Wire.field(9, one))),
  ]

  @Test(arguments: values)
  func valuesAreRefused(_ example: Example) throws {
    let model = try ONNXModel(bytes: example.bytes, folder: "")
    let tensor = try #require(model.graph.tensors["t"])
    #expect(throws: example.error) { try tensor.integers() }
    #expect(!example.error.description.contains("\n"))
  }

  @Test func graphsWithinGraphsHaveALimit() throws {
    let deepest = try ONNXModel(bytes: Wire.model(Self.nested(9)), folder: "")
    #expect(deepest.graph.nodes.count == 1)
    #expect {
      try ONNXModel(bytes: Wire.model(Self.nested(12)), folder: "")
    } throws: { error in
      if case ONNXError.tooDeep(_, limit: 32) = error { true } else { false }
    }
    // As deep as a stack would not bear.
    #expect(throws: ONNXError.self) { try ONNXModel(bytes: Wire.model(Self.nested(300)), folder: "") }
  }

  @Test func namesAndAttributesMayNotEatTheMemory() {
    // Five million empty names in 10 MB.
    let names = Wire.field(1, (0..<5_000_000).flatMap { _ in [0x0A, 0] as [UInt8] })
    #expect(throws: ONNXError.tooLarge(limit: 64 << 20)) { try ONNXModel(bytes: Wire.model(names), folder: "") }
  }

  @Test func filesOfOtherKindsSayWhatTheyAre() throws {
    let folder = try TemporaryFolder()
    func refusal(_ bytes: [UInt8]) throws -> String? {
      let path = try folder.write("net.onnx", bytes)
      do throws(ONNXError) { _ = try ONNXModel(path: path) } catch { return "\(error)" }
      return nil
    }
    #expect(
      try refusal(Array("version https://git-lfs.github.com/spec/v1".utf8))
        == "is a Git LFS pointer, not ONNX; fetch the file itself with 'git lfs pull'")
    #expect(try refusal([0x80, 2, 0x7D, 0, 0, 0, 0, 0, 0])?.hasPrefix("is a PyTorch checkpoint, not ONNX; ") == true)
    #expect(try refusal([]) == "is empty")
    #expect(throws: ONNXError.file(.notFound)) { try ONNXModel(path: folder.file("missing.onnx")) }
    #expect(throws: ONNXError.file(.isDirectory)) { try ONNXModel(path: folder.path) }
  }
}
