/// What is wrong with a safetensors file. Offsets are bytes; tensor offsets count from the start of the data.
public enum SafetensorsError: Error, Equatable, Sendable, CustomStringConvertible {
  case file(FileError)
  /// A file of another kind.
  case foreign(ForeignModelFile)
  /// Not even the eight bytes of the header's length.
  case tooShort(bytes: Int)
  /// The header's length is larger than any sane header: most likely another format.
  case headerTooLong(bytes: UInt64, limit: Int)
  case headerTruncated(bytes: Int, available: Int)
  /// The header is not the JSON that the format asks for.
  case malformedHeader(offset: Int, expected: String)
  case duplicateName(String)
  case duplicateKey(tensor: String, key: String)
  case unknownKey(tensor: String, key: String)
  case missingKey(tensor: String, key: String)
  case unknownDType(tensor: String, dtype: String)
  case shapeOverflow(tensor: String)
  case offsetsReversed(tensor: String, begin: Int, end: Int)
  case outOfRange(tensor: String, end: Int, available: Int)
  case sizeMismatch(tensor: String, expected: Int, found: Int)
  case overlap(tensor: String, begin: Int, previousEnd: Int)
  case hole(tensor: String, begin: Int, previousEnd: Int)
  /// The tensors end before the file does.
  case trailingData(expected: Int, found: Int)
  /// The file's bytes are not those that were written.
  case checksumMismatch(stated: String, computed: String)
  case missingTensor(String)
  case notFloating(tensor: String, dtype: DType)

  public var description: String {
    switch self {
    case .file(let error):
      error.description
    case .foreign(let file):
      file.description
    case .tooShort(bytes: 0):
      "is empty"
    case .tooShort(let bytes):
      "not a safetensors file: \(bytes) bytes, at least 10 are needed"
    case .headerTooLong(let bytes, let limit):
      "not a safetensors file: the header claims \(bytes) bytes, the limit is \(limit)"
    case .headerTruncated(let bytes, let available):
      "safetensors header of \(bytes) bytes, but only \(available) follow; the file is truncated"
    case .malformedHeader(let offset, let expected):
      "safetensors header, byte \(offset): expected \(expected)"
    case .duplicateName(let name):
      "safetensors header names \(name) twice"
    case .duplicateKey(let tensor, let key):
      "tensor \(tensor) gives \(key) twice"
    case .unknownKey(let tensor, let key):
      "tensor \(tensor) has the unknown key \(key)"
    case .missingKey(let tensor, let key):
      "tensor \(tensor) lacks \(key)"
    case .unknownDType(let tensor, let dtype):
      "tensor \(tensor) has the unknown dtype \(dtype)"
    case .shapeOverflow(let tensor):
      "tensor \(tensor) has more elements than can be addressed"
    case .offsetsReversed(let tensor, let begin, let end):
      "tensor \(tensor) begins at \(begin), after its end at \(end)"
    case .outOfRange(let tensor, let end, let available):
      "tensor \(tensor) ends at byte \(end), but the file holds \(available) bytes of data"
    case .sizeMismatch(let tensor, let expected, let found):
      "tensor \(tensor) needs \(expected) bytes by its shape, its offsets span \(found)"
    case .overlap(let tensor, let begin, let previousEnd):
      "tensor \(tensor) begins at \(begin), inside the tensor that ends at \(previousEnd)"
    case .hole(let tensor, let begin, let previousEnd):
      "tensor \(tensor) begins at \(begin), but the one before it ends at \(previousEnd)"
    case .trailingData(let expected, let found):
      "tensors cover \(expected) bytes of data, the file holds \(found)"
    case .checksumMismatch(let stated, let computed):
      "the file is damaged: its checksum says \(stated), its bytes have \(computed)"
    case .missingTensor(let name):
      "no tensor \(name)"
    case .notFloating(let tensor, let dtype):
      "tensor \(tensor) is \(dtype.rawValue); F32, F16 or BF16 is needed"
    }
  }
}
