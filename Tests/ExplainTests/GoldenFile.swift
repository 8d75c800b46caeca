import FoundationEssentials
import Glibc

/// The reference data that lie beside the package, and whether they do.
enum Shared {
  /// The path of a file or folder, from the folder `shared` next to the package.
  static func path(_ relative: String) -> String {
    let package = #filePath.split(separator: "/").dropLast(3).dropLast().joined(separator: "/")
    return "/\(package)/shared/\(relative)"
  }

  static func has(_ relative: String) -> Bool { access(path(relative), R_OK) == 0 }

  static let isPresent = access(path("golden"), R_OK) == 0
}

/// All bytes of a file.
func fileBytes(_ path: String) throws -> [UInt8] {
  [UInt8](try Data(contentsOf: URL(filePath: path)))
}

/// A safetensors file of trusted reference tensors.
struct GoldenFile {
  private struct Entry: Decodable {
    var dtype: String
    var shape: [Int]
    var offsets: [Int]

    enum CodingKeys: String, CodingKey {
      case dtype, shape
      case offsets = "data_offsets"
    }
  }

  /// A tensor, or the metadata, which have another form.
  private enum Value: Decodable {
    case tensor(Entry)
    case metadata

    init(from decoder: any Decoder) throws {
      self = (try? Entry(from: decoder)).map(Value.tensor) ?? .metadata
    }
  }

  private let bytes: [UInt8]
  private let dataStart: Int
  private var entries: [String: Entry] = [:]

  init(path: String) throws {
    bytes = try fileBytes(path)
    let headerLength = bytes.withUnsafeBytes { Int($0.loadUnaligned(as: UInt64.self)) }
    dataStart = 8 + headerLength
    for (name, value) in try JSONDecoder().decode([String: Value].self, from: Data(bytes[8..<dataStart])) {
      if case .tensor(let entry) = value { entries[name] = entry }
    }
  }

  var names: [String] { entries.keys.sorted() }

  func shape(_ name: String) -> [Int] { entries[name]!.shape }

  /// A tensor of dtype U8.
  func u8(_ name: String) -> [UInt8] { elements(name, "U8", UInt8.self) }

  /// A tensor of dtype F16, F32 or F64 as single precision.
  func f32(_ name: String) -> [Float] {
    switch entries[name]!.dtype {
    case "F16": elements(name, "F16", Float16.self).map(Float.init)
    case "F64": elements(name, "F64", Double.self).map(Float.init)
    default: elements(name, "F32", Float.self)
    }
  }

  /// A tensor of dtype U8, I32 or I64.
  func ints(_ name: String) -> [Int] {
    switch entries[name]!.dtype {
    case "U8": elements(name, "U8", UInt8.self).map(Int.init)
    case "I32": elements(name, "I32", Int32.self).map(Int.init)
    default: elements(name, "I64", Int64.self).map(Int.init)
    }
  }

  private func elements<Element: BitwiseCopyable>(_ name: String, _ dtype: String, _: Element.Type) -> [Element] {
    let entry = entries[name]!
    precondition(entry.dtype == dtype, "\(name) is \(entry.dtype), not \(dtype)")
    let range = (dataStart + entry.offsets[0])..<(dataStart + entry.offsets[1])
    return bytes[range].withUnsafeBytes { bytes in
      (0..<(bytes.count / MemoryLayout<Element>.stride)).map {
        bytes.loadUnaligned(fromByteOffset: $0 * MemoryLayout<Element>.stride, as: Element.self)
      }
    }
  }
}
