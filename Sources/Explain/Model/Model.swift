import FoundationEssentials

/// A model file, memory-mapped and checked; its tensors are used where they lie.
///
/// After `init` every tensor that the description names exists with the type, shape and alignment that its operator
/// needs, so an engine may read them without further checks. Pointers stay valid while the model lives.
public final class Model: Sendable {
  /// Metadata that tells a model file from other safetensors files.
  static let format = "ttame-lite"
  static let formatVersion = "1"
  enum MetadataKey {
    static let format = "format"
    static let version = "format_version"
    static let description = "model"
  }

  /// The graph, its preprocessing, labels and head.
  public let description: ModelDescription
  /// Shapes of every node's tensor and of the input.
  public let shapes: [String: Shape]
  let tensors: Safetensors
  /// Where tensors are that the file lacks.
  private let additions: [TensorAddition]

  /// Maps and checks the file at `path`. Weights are not read, so the cost does not grow with their size.
  ///
  /// - Throws: what is wrong first; every case names the node or tensor.
  public init(path: String) throws(ModelError) {
    let tensors: Safetensors
    do { tensors = try Safetensors(path: path) } catch { throw .safetensors(error) }
    let contents = SafetensorsContents(tensors)
    guard contents == .model else { throw .notAModel(path: path, contents) }
    let version = tensors.metadata[MetadataKey.version] ?? "unknown"
    guard version == Self.formatVersion else { throw .unsupportedVersion(version) }
    let description = try ModelDescription(json: tensors.metadata[MetadataKey.description] ?? "")
    shapes = try ModelValidator(description, tensors).validate()
    self.description = description
    self.tensors = tensors
    additions = []
  }

  /// Another model of the tensors of `model`, and of more.
  ///
  /// - Parameters:
  ///   - shapes: of all nodes.
  ///   - more: has names that are none of `model`'s.
  /// - Precondition: every tensor that `description` names is what its operator needs.
  init(
    _ description: ModelDescription, shapes: [String: Shape], of model: Model, and more: [TensorAddition] = []
  ) {
    (self.description, self.shapes, tensors) = (description, shapes, model.tensors)
    additions = model.additions + more
  }

  /// The checksum that the file carries; nil in files of early versions.
  var checksum: String? { tensors.checksum?.digits }

  /// Size of the file.
  public var fileBytes: Int { tensors.fileBytes }

  /// Int8 weights that the description names.
  public func int8(_ name: String) -> UnsafePointer<Int8> { pointer(name) }

  /// Float weights, scales or biases that the description names.
  public func floats(_ name: String) -> UnsafePointer<Float> { pointer(name) }

  /// Column sums that the description names.
  public func int32s(_ name: String) -> UnsafePointer<Int32> { pointer(name) }

  private func pointer<T>(_ name: String) -> UnsafePointer<T> {
    guard let base = tensors.bytes(of: name)?.baseAddress ?? additions.lazy.compactMap({ $0.tensor(name) }).first
    else {
      preconditionFailure("the model's description names no tensor \(name)")
    }
    return base.assumingMemoryBound(to: T.self)
  }
}

/// Tensors of a model that its file lacks.
enum TensorAddition: Sendable {
  /// Those of another file, whose names begin with a prefix here.
  case file(prefix: String, Model)
  /// One that was computed, of Float.
  case computed(name: String, ComputedTensor)

  fileprivate func tensor(_ name: String) -> UnsafeRawPointer? {
    switch self {
    case .file(let prefix, let model):
      name.hasPrefix(prefix) ? model.tensors.bytes(of: String(name.dropFirst(prefix.count)))?.baseAddress : nil
    case .computed(let own, let tensor): name == own ? UnsafeRawPointer(tensor.values) : nil
    }
  }
}

/// Values in memory that stay where they are.
final class ComputedTensor: Sendable {
  fileprivate nonisolated(unsafe) let values: UnsafeMutablePointer<Float>

  init(_ values: [Float]) {
    self.values = .allocate(capacity: values.count)
    self.values.initialize(from: values, count: values.count)
  }

  deinit { values.deallocate() }
}

extension Model {
  /// A tensor's bytes as they lie in the file; nil without such a tensor.
  func bytes(_ name: String) -> UnsafeRawBufferPointer? { tensors.bytes(of: name) }

  /// Names, types and shapes of the stored tensors, in the order of the file.
  public var entries: [Safetensors.Entry] {
    tensors.entries.values.sorted {
      ($0.byteRange.lowerBound, $0.byteRange.upperBound) < ($1.byteRange.lowerBound, $1.byteRange.upperBound)
    }
  }
}

extension ModelDescription {
  init(json: String) throws(ModelError) {
    do {
      self = try JSONDecoder().decode(ModelDescription.self, from: Data(json.utf8))
    } catch let error as DecodingError {
      throw .badDescription(error.line)
    } catch {
      throw .badDescription("malformed JSON")
    }
    if let problem = ambiguousKey(inJSON: json) { throw .badDescription(problem) }
  }

  /// Compact JSON with sorted keys, the same for equal descriptions.
  func json() -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Only a non-finite number could fail to encode, and the importer admits none.
    guard let data = try? encoder.encode(self) else { preconditionFailure("the description holds a non-finite number") }
    return String(decoding: data, as: UTF8.self)
  }
}

extension DecodingError {
  /// Where in the JSON, and what is wrong, in one line.
  fileprivate var line: String {
    switch self {
    case .keyNotFound(let key, let context): "\(Self.path(context))lacks \(key.stringValue)"
    case .typeMismatch(let type, let context): "\(Self.path(context))expected \(type)"
    case .valueNotFound(let type, let context): "\(Self.path(context))expected \(type), found null"
    case .dataCorrupted(let context): "\(Self.path(context))\(context.debugDescription)"
    @unknown default: "malformed"
    }
  }

  private static func path(_ context: Context) -> String {
    let keys = context.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue }
    return keys.isEmpty ? "" : keys.joined(separator: ".") + ": "
  }
}

extension Safetensors {
  /// Whether the file says that it is a model.
  public var isModel: Bool { metadata[Model.MetadataKey.format] == Model.format }
}
