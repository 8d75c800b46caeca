import FoundationEssentials

/// The trained tensors of one file, or of all shards that an index lists.
///
/// An index is a JSON file, `model.safetensors.index.json`, whose `weight_map` tells for every tensor the file beside the
/// index that holds it.
struct WeightFiles: Sendable {
  struct Tensor: Sendable {
    var file: Safetensors
    var entry: Safetensors.Entry
  }

  let tensors: [String: any WeightTensor]
  /// Metadata of the file, or of the first shard.
  let metadata: [String: String]
  /// All files that were read.
  let paths: [String]
  /// What the file is; weights, where there are shards.
  let contents: SafetensorsContents

  /// Tensors of another format.
  init(_ tensors: [String: any WeightTensor], metadata: [String: String], paths: [String]) {
    (self.tensors, self.metadata, self.paths, contents) = (tensors, metadata, paths, .weights)
  }

  /// Opens `path`, which is an index if its name ends in `.json`.
  init(path: String) throws(ImportError) {
    guard path.hasSuffix(".json") else {
      let file: Safetensors
      do { file = try Safetensors(path: path) } catch { throw .weights(error) }
      tensors = file.entries.mapValues { Tensor(file: file, entry: $0) }
      (metadata, paths, contents) = (file.metadata, [path], SafetensorsContents(file))
      return
    }
    let index = try ShardIndex(path: path)
    let folder = parentFolder(path) ?? ""
    var shards: [String: Safetensors] = [:]
    for name in index.files {
      do { shards[name] = try Safetensors(path: folder.appending(name)) } catch {
        throw .shard(path: folder.appending(name), error)
      }
    }
    var tensors: [String: Tensor] = [:]
    for (name, shard) in index.shardOfTensor {
      guard let file = shards[shard], let entry = file.entries[name] else {
        throw .missingInShard(tensor: name, shard: folder.appending(shard))
      }
      tensors[name] = Tensor(file: file, entry: entry)
    }
    self.tensors = tensors
    contents = .weights
    metadata = index.files.first.flatMap { shards[$0]?.metadata } ?? [:]
    paths = [path] + index.files.map { folder.appending($0) }
  }
}

/// The files that an import of `path` reads: it alone, or with an index its shards too.
public func weightFiles(of path: String) -> [String] {
  guard path.hasSuffix(".json"), let index = try? ShardIndex(path: path) else { return [path] }
  return [path] + index.files.map { (parentFolder(path) ?? "").appending($0) }
}

/// Which file beside the index holds each tensor.
private struct ShardIndex {
  private struct Contents: Decodable {
    var weightMap: [String: String]

    enum CodingKeys: String, CodingKey { case weightMap = "weight_map" }
  }

  /// Names of files, by tensor.
  let shardOfTensor: [String: String]
  /// Names of files, sorted.
  let files: [String]

  init(path: String) throws(ImportError) {
    let file: MappedFile
    do { file = try MappedFile(path: path) } catch { throw .weights(.file(error)) }
    guard file.bytes.count <= Safetensors.headerLimit else { throw .badShardIndex("too large") }
    guard let contents = try? JSONDecoder().decode(Contents.self, from: Data(file.bytes)) else {
      throw .badShardIndex("no JSON object with a weight_map from tensors to files")
    }
    shardOfTensor = contents.weightMap
    files = Set(contents.weightMap.values).sorted()
    // A downloaded index must not lead anywhere but to the files beside it.
    for name in files
    where name.isEmpty || name.hasPrefix(".") || name.utf8.contains(where: { [0, UInt8(ascii: "/")].contains($0) }) {
      throw .badShardIndex("\(name) is no plain file name")
    }
  }
}
