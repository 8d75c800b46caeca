/// Why an ONNX file cannot be read. The text follows the path of the model; offsets are bytes from its start.
public enum ONNXError: Error, Equatable, Sendable, CustomStringConvertible {
  case file(FileError)
  /// A file of another kind.
  case foreign(ForeignModelFile)
  case empty
  /// No version of the format, or no graph.
  case notAModel

  /// A value that needs more bytes than its message has left.
  case truncated(offset: Int, needed: UInt64, left: Int)
  /// A number of more than 64 bits.
  case badNumber(offset: Int)
  /// A tag with an invalid field number.
  case badField(offset: Int)
  /// A group, or a wire type that protobuf does not have.
  case unsupportedWireType(offset: Int, type: Int)
  case wrongWireType(message: String, field: Int, offset: Int)
  case notText(message: String, field: Int, offset: Int)
  case tooDeep(offset: Int, limit: Int)
  /// Names, attributes and other copies take more bytes than the limit.
  case tooLarge(limit: Int)
  case tooManyNodes(limit: Int)

  case noOpset
  case unsupportedOpset(Int, supported: ClosedRange<Int>)

  /// Two inputs, initializers or outputs of nodes have one name.
  case duplicateValue(String)
  case missingInput(node: String, opType: String, input: String)
  case missingOutput(String)
  case cycle(node: String, opType: String)
  case badAttribute(node: String, attribute: String, problem: String)
  case sparseInitializer
  case unnamedTensor(offset: Int)

  case unknownElementType(tensor: String, number: Int)
  /// A type of the format that is not supported.
  case unreadableElementType(tensor: String, ONNXElementType)
  case badShape(tensor: String, [Int])
  case wrongByteCount(tensor: String, expected: Int, found: Int)
  case wrongValueCount(tensor: String, expected: Int, found: Int)
  case valueOutOfRange(tensor: String, index: Int, ONNXElementType)
  case tooManyValues(tensor: String, count: Int, limit: Int)
  /// A floating type where integers are needed.
  case notWhole(tensor: String, ONNXElementType)
  /// An integer that does not fit an `Int`.
  case integerOverflow(tensor: String)

  case noExternalLocation(tensor: String)
  case badExternalNumber(tensor: String, key: String, value: String)
  case external(tensor: String, location: String, FileError)
  case externalOutside(tensor: String, location: String)
  case externalTooShort(tensor: String, location: String, offset: Int, bytes: Int, fileBytes: Int)

  public var description: String {
    switch self {
    case .file(let error):
      error.description
    case .foreign(let file):
      file.described(insteadOf: "ONNX")
    case .empty:
      "is empty"
    case .notAModel:
      "is not an ONNX model: it lacks the IR version or the graph"
    case .truncated(let offset, let needed, let left):
      "byte \(offset): a value of \(needed) bytes, but only \(left) remain; the file is damaged or its download incomplete"
    case .badNumber(let offset):
      "byte \(offset): a number of more than 64 bits; the file is damaged or not an ONNX model"
    case .badField(let offset):
      "byte \(offset): a field with an invalid number; the file is damaged or not an ONNX model"
    case .unsupportedWireType(let offset, let type):
      "byte \(offset): wire type \(type), which ONNX does not use; the file is damaged or not an ONNX model"
    case .wrongWireType(let message, let field, let offset):
      "byte \(offset): field \(field) of \(message) has the wrong wire type; the file is damaged or not an ONNX model"
    case .notText(let message, let field, let offset):
      "byte \(offset): field \(field) of \(message) is not UTF-8; the file is damaged or not an ONNX model"
    case .tooDeep(let offset, let limit):
      "byte \(offset): messages nested more than \(limit) deep; the file is damaged or its subgraphs are nested too deeply"
    case .tooLarge(let limit):
      "names and attributes take more than \(limit >> 20) MB; store weights as initializers"
    case .tooManyNodes(let limit):
      "more than \(limit) nodes; simplify the model with onnxslim"
    case .noOpset:
      "does not state its opset; export it again with opset 18"
    case .unsupportedOpset(let found, let supported):
      "needs opset \(found), this program reads \(supported.lowerBound) to \(supported.upperBound); export it again with opset 18"
    case .duplicateValue(let name):
      "value \(name) is defined twice"
    case .missingInput(let node, let opType, let input):
      "\(opType) \(node) reads \(input), which no node or initializer provides"
    case .missingOutput(let name):
      "output \(name) is not provided by any node or initializer"
    case .cycle(let node, let opType):
      "\(opType) \(node) depends on its own output"
    case .badAttribute(let node, let attribute, let problem):
      "node \(node): attribute \(attribute) \(problem)"
    case .sparseInitializer:
      "has a sparse initializer, which is not supported; export dense weights"
    case .unnamedTensor(let offset):
      "byte \(offset): an initializer without a name"
    case .unknownElementType(let tensor, let number):
      "tensor \(tensor) has the unknown element type \(number)"
    case .unreadableElementType(let tensor, let type):
      "tensor \(tensor) is \(type.name), which is not supported; export it as FLOAT, FLOAT16 or INT8"
    case .badShape(let tensor, let shape):
      "tensor \(tensor) has the impossible shape \(shape)"
    case .wrongByteCount(let tensor, let expected, let found):
      "tensor \(tensor) needs \(expected) bytes by its shape, it has \(found)"
    case .wrongValueCount(let tensor, let expected, let found):
      "tensor \(tensor) needs \(counted(expected, "value")) by its shape, it has \(found)"
    case .valueOutOfRange(let tensor, let index, let type):
      "tensor \(tensor) holds a value at \(index) that does not fit \(type.name)"
    case .tooManyValues(let tensor, let count, let limit):
      "tensor \(tensor) has \(count) values, the limit here is \(limit)"
    case .notWhole(let tensor, let type):
      "tensor \(tensor) is \(type.name); integers are needed"
    case .integerOverflow(let tensor):
      "tensor \(tensor) holds an integer that does not fit 64 signed bits"
    case .noExternalLocation(let tensor):
      "tensor \(tensor) is external data, but no location is given"
    case .badExternalNumber(let tensor, let key, let value):
      "tensor \(tensor): the external data has the invalid \(key) \(value)"
    case .external(let tensor, let location, let error):
      "tensor \(tensor) is in \(location.shownPath): \(error); put the file beside the model"
    case .externalOutside(let tensor, let location):
      "tensor \(tensor) is in \(location.shownPath), outside the model's folder; copy the file there instead of linking to it"
    case .externalTooShort(let tensor, let location, let offset, let bytes, let fileBytes):
      "tensor \(tensor) is in \(location.shownPath): \(bytes) bytes at \(offset) are needed, but the file has only \(fileBytes)"
    }
  }
}
