import FoundationEssentials
import Kernels

/// A photograph whose features are known.
public struct KnownPhotograph: Codable, Sendable, Equatable {
  public var path: String
  /// Size of its file, and when that was last changed, by which a file with other contents is known.
  public var bytes, modified: Int
  /// Names of its classes: one where classes exclude each other.
  public var labels: [String]
  /// Whether it only measures, and teaches nothing.
  public var isHeldOut: Bool

  public init(path: String, bytes: Int, modified: Int, labels: [String], isHeldOut: Bool) {
    (self.path, self.bytes, self.modified) = (path, bytes, modified)
    (self.labels, self.isHeldOut) = (labels, isHeldOut)
  }

  /// Whether both are the same unchanged file.
  public func isSameFile(as other: KnownPhotograph) -> Bool {
    path == other.path && bytes == other.bytes && modified == other.modified
  }
}

/// What features are features of, beside the photographs.
public struct FeatureSource: Codable, Sendable, Equatable {
  /// The network up to its classifier, and how it reads photographs.
  public var network: String
  public var channels, views, seed: Int

  public init(network: String, channels: Int, views: Int, seed: Int) {
    (self.network, self.channels, self.views, self.seed) = (network, channels, views, seed)
  }
}

/// Features of photographs, and the file that keeps them: safetensors, `features` of the shape `[photographs, views, channels]`.
public struct FeatureTable: Sendable {
  private struct Facts: Codable {
    var source: FeatureSource
    var photographs: [KnownPhotograph]
  }

  public let source: FeatureSource
  public private(set) var photographs: [KnownPhotograph] = []
  /// `[photographs, views, channels]`
  private(set) var values: [Float] = []

  private static let tensor = "features"
  /// Of the metadata that such files alone have.
  static let factsKey = "taught_features"

  public init(_ source: FeatureSource) { self.source = source }

  /// Makes room for photographs, so that there are never two copies.
  public mutating func reserve(_ count: Int) {
    photographs.reserveCapacity(count)
    values.reserveCapacity(count * source.views * source.channels)
  }

  /// Values of one photograph.
  private var length: Int { source.views * source.channels }

  /// - Parameter features: `[views, channels]`.
  public mutating func append(_ photograph: KnownPhotograph, _ features: some Collection<Float>) {
    precondition(features.count == length)
    photographs.append(photograph)
    values += features
  }

  /// Features of a photograph, `[views, channels]`.
  public func features(_ index: Int) -> ArraySlice<Float> { values[index * length..<(index + 1) * length] }

  /// Calls `body` with all features, a row for each view of a photograph.
  func withMatrix<Result>(_ body: (Matrix) throws(EngineError) -> Result) throws(EngineError) -> Result {
    var result: Swift.Result<Result, EngineError>?
    values.withMatrix(rows: photographs.count * source.views, columns: source.channels) { matrix in
      result = Swift.Result { () throws(EngineError) in try body(matrix) }
    }
    guard let result else { preconditionFailure("the body has run") }
    return try result.get()
  }

  /// Writes the file: complete and durable, or not at all.
  public func write(to path: String) throws(FileError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let json = try? encoder.encode(Facts(source: source, photographs: photographs)) else {
      preconditionFailure("the facts hold no numbers that could not be encoded")
    }
    let writer = try SafetensorsWriter(
      path: path,
      tensors: [.init(Self.tensor, .f32, [photographs.count, source.views, source.channels])],
      metadata: [Self.factsKey: String(decoding: json, as: UTF8.self)])
    try writer.write(values, to: Self.tensor)
    _ = try writer.finish()
  }

  /// Reads a file.
  public init(path: String) throws(TeachingError) {
    let file: Safetensors
    do { file = try Safetensors(path: path) } catch { throw .features(error) }
    guard let text = file.metadata[Self.factsKey] else { throw .badFeatures("it lacks the facts of features") }
    guard let facts = try? JSONDecoder().decode(Facts.self, from: Data(text.utf8)) else {
      throw .badFeatures("its facts are malformed")
    }
    let shape = [facts.photographs.count, facts.source.views, facts.source.channels]
    guard let entry = file.entries[Self.tensor], entry.shape == shape, facts.source.views > 0 else {
      throw .badFeatures("its tensor has not the shape \(shape)")
    }
    do {
      try file.verifyChecksum()
      values = try file.floats(Self.tensor)
    } catch { throw .features(error) }
    guard values.allSatisfy(\.isFinite) else { throw .badFeatures("it holds values that are not finite") }
    (source, photographs) = (facts.source, facts.photographs)
  }
}

extension [KnownPhotograph] {
  /// The places in `classes` of each one's labels, ascending; labels that are no class have none.
  func classNumbers(_ classes: [String]) -> [[Int]] {
    let places = Dictionary(classes.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    return map { $0.labels.compactMap { places[$0] }.sorted() }
  }
}

extension Safetensors {
  /// Whether the file says that it holds features of photographs.
  public var isFeatures: Bool { metadata[FeatureTable.factsKey] != nil }
}

extension Model {
  /// What features are called after: the network up to its classifier, and how it reads photographs.
  ///
  /// - Returns: nil where the network has no classifier to replace.
  public func featureNetwork(_ preprocessing: Preprocessing) -> String? {
    guard let layer = ClassifierLayer(self) else { return nil }
    let prefix = HeadDescription.prefix
    var network = description
    network.graph.nodes.removeAll { $0.name == layer.node.name || $0.name.hasPrefix(prefix) }
    var crc = CRC32()
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    for part in [try? encoder.encode(network.graph.nodes), try? encoder.encode(preprocessing)] {
      guard let part else { preconditionFailure("a model's description can be encoded") }
      part.withUnsafeBytes { crc.add($0) }
    }
    let (gone, kept) = (layer.tensors, entries.sorted { $0.name < $1.name })
    for entry in kept where !gone.contains(entry.name) && !entry.name.hasPrefix(prefix) {
      crc.add(entry.name)
      if let bytes = bytes(entry.name) { crc.add(bytes) }
    }
    return "\(description.architecture)-\(SafetensorsChecksum.text(crc.value))"
  }
}
