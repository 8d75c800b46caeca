import FoundationEssentials

/// A JSON file in the folder of the weights that says how they are used.
struct ConfigurationFile {
  let path: String
  private let bytes: Data

  /// Configurations are small; those of thousands of classes have some hundred kilobytes.
  private static let largest = 16 << 20

  /// Nil where there is no such file.
  ///
  /// Exporters put `model.onnx` into a folder `onnx` below the configuration.
  init?(_ name: String, besides weights: String) throws(ImportError) {
    let folder = parentFolder(weights) ?? ""
    var folders = [folder]
    if fileName(folder) == "onnx" { folders.append(parentFolder(folder) ?? "") }
    for folder in folders {
      let path = folder.appending(name)
      let file: MappedFile
      do { file = try MappedFile(path: path) } catch {
        // What is there, but no file of ours, is somebody else's.
        if [.notFound, .notDirectory, .isDirectory, .notRegularFile].contains(error) { continue }
        throw .configuration(path: path, error)
      }
      guard file.bytes.count <= Self.largest else { throw .badConfiguration(path: path, "is too large") }
      (self.path, bytes) = (path, Data(file.bytes))
      return
    }
    return nil
  }

  /// Tests and fuzzers have bytes.
  init(path: String, bytes: [UInt8]) { (self.path, self.bytes) = (path, Data(bytes)) }

  func decoded<Contents: Decodable>(as type: Contents.Type) throws(ImportError) -> Contents {
    do { return try JSONDecoder().decode(type, from: bytes) } catch let error as DecodingError {
      throw .badConfiguration(path: path, error.problem)
    } catch { throw .badConfiguration(path: path, "is no JSON") }
  }

  func error(_ key: String) -> ImportError { .badConfiguration(path: path, "key \(key) makes no sense") }
}

extension DecodingError {
  /// What is wrong, in one line.
  fileprivate var problem: String {
    let place: Context
    switch self {
    case .dataCorrupted(let context), .keyNotFound(_, let context), .typeMismatch(_, let context),
      .valueNotFound(_, let context):
      place = context
    @unknown default: return "is no JSON"
    }
    let keys = place.codingPath.map(\.stringValue).joined(separator: ".")
    return keys.isEmpty ? "is no JSON object" : "key \(keys.onOneLine) makes no sense"
  }
}
