/// A checked view of an ONNX file. Weights stay in the mapped file.
///
/// Format: <https://github.com/onnx/onnx/blob/main/docs/IR.md>, <https://github.com/onnx/onnx/blob/main/onnx/onnx.proto>.
struct ONNXModel: Sendable {
  /// Versions of the `ai.onnx` operator set that are read. 26 and 27 only add operators that image classifiers do not use.
  static let supportedOpsets = 7...27

  /// Version of the file format.
  let irVersion: Int
  /// Name of the program that wrote the file; may be empty, like its version.
  let producer: String
  let producerVersion: String
  /// Version of each operator set, by domain; the empty domain is `ai.onnx`.
  let opsets: [String: Int]
  /// `metadata_props`, in the order of the file. Keys may repeat.
  let metadata: [ONNXEntry]
  var graph: ONNXGraph

  /// Version of the `ai.onnx` operator set.
  var opset: Int { opsets["", default: 0] }

  /// Paths of the external data files, sorted.
  var externalFiles: [String] {
    var paths: Set<String> = []
    for tensor in graph.tensors.values {
      if case .external(let data) = tensor.storage { paths.insert(data.path) }
    }
    return paths.sorted()
  }

  /// Maps and checks the file at `path`.
  init(path: String) throws(ONNXError) {
    let file: MappedFile
    do { file = try MappedFile(path: path) } catch { throw .file(error) }
    do { try self.init(ONNXSource(file: file, folders: ONNXFolders(model: path))) } catch {
      if let foreign = ForeignModelFile(file.bytes), foreign != .other(.onnx) { throw .foreign(foreign) }
      throw error
    }
  }

  /// Checks a copy of `bytes`; external data is looked for in `folder`.
  init(bytes: [UInt8], folder: String) throws(ONNXError) {
    try self.init(ONNXSource(file: MappedFile(copying: bytes), folders: ONNXFolders(folder)))
  }

  private init(_ source: ONNXSource) throws(ONNXError) {
    guard !source.file.bytes.isEmpty else { throw .empty }
    var reader = WireReader(source)
    let fields = try reader.whole(as: ONNXModelFields.self)
    guard fields.irVersion > 0, var graph = fields.graph.first else { throw .notAModel }
    guard let opset = fields.opsets[""] else { throw .noOpset }
    guard Self.supportedOpsets.contains(opset) else {
      throw .unsupportedOpset(opset, supported: Self.supportedOpsets)
    }
    try graph.resolve()
    (irVersion, producer, producerVersion) = (fields.irVersion, fields.producer, fields.producerVersion)
    (opsets, metadata, self.graph) = (fields.opsets, fields.metadata, graph)
    // The kernel has mapped neighbours of the pages that were read, which are weights.
    source.file.release(source.file.bytes.indices)
  }

  /// `ai.onnx` is also written as the empty domain.
  static func canonicalDomain(_ domain: String) -> String { domain == "ai.onnx" ? "" : domain }
}

extension ONNXModel {
  /// Whether a file should be read as an ONNX model: by its content, or by the name's `.onnx` where the content is not recognised
  /// as another kind.
  static func looksLikeONNX(_ bytes: UnsafeRawBufferPointer, path: String) -> Bool {
    if looksLikeONNX(bytes) { return true }
    guard fileExtension(path) == "onnx", ImageFormat.detect(bytes) == nil else { return false }
    return [nil, .onnx].contains(ForeignFormat.detect(bytes))
  }

  /// Whether the bytes start with fields of `ModelProto`, among them the format version and the graph. Protobuf has no magic
  /// number. The graph may be cut off.
  static func looksLikeONNX(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var cursor = WireCursor(bytes, bytes.indices)
    var (hasVersion, hasGraph) = (false, false)
    do throws(ONNXError) {
      while !cursor.isAtEnd, !(hasVersion && hasGraph) {
        let field = try cursor.field()
        switch (field.number, field.type) {
        case (1, .varint):
          guard (1...1000).contains(try cursor.varint()) else { return false }
          hasVersion = true
        case (7, .bytes):
          hasGraph = true
          try cursor.skip(.bytes)
        case (2, .bytes), (3, .bytes), (4, .bytes), (5, .varint), (6, .bytes), (8, .bytes), (14, .bytes), (20, .bytes),
          (25, .bytes), (26, .bytes):
          try cursor.skip(field.type)
        default: return false
        }
      }
    } catch {}
    return hasVersion && hasGraph
  }
}

/// A `ModelProto` as read, before it is checked.
private struct ONNXModelFields: WireMessage {
  static let messageName = "ModelProto"

  private(set) var irVersion = 0
  private(set) var producer = ""
  private(set) var producerVersion = ""
  /// The highest version of each domain.
  private(set) var opsets: [String: Int] = [:]
  private(set) var metadata: [ONNXEntry] = []
  /// Empty or one graph.
  private(set) var graph: [ONNXGraph] = []

  mutating func take(_ field: WireField, from reader: inout WireReader) throws(ONNXError) {
    switch field.number {
    case 1: irVersion = try reader.int(field)
    case 2: producer = try reader.text(field)
    case 3: producerVersion = try reader.text(field)
    case 7:
      if graph.isEmpty { graph.append(ONNXGraph()) }
      try reader.merge(field, into: &graph[0])
    case 8:
      let set = try reader.new(field, as: ONNXOperatorSet.self)
      let domain = ONNXModel.canonicalDomain(set.domain)
      opsets[domain] = max(opsets[domain] ?? 0, set.version)
    case 14: metadata.append(try reader.new(field))
    default: try reader.skip(field)
    }
  }
}

private struct ONNXOperatorSet: WireMessage {
  static let messageName = "OperatorSetIdProto"

  private(set) var domain = ""
  private(set) var version = 0

  mutating func take(_ field: WireField, from reader: inout WireReader) throws(ONNXError) {
    switch field.number {
    case 1: domain = try reader.text(field)
    case 2: version = try reader.int(field)
    default: try reader.skip(field)
    }
  }
}
