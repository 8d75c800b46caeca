import FoundationEssentials
import Glibc

/// A folder of its own for a test, deleted with it.
final class Scratch {
  let path: String

  init() throws {
    let template = FileManager.default.temporaryDirectory.path + "/ttame-lite-XXXXXX"
    var name = Array(template.utf8CString)
    guard mkdtemp(&name) != nil else { throw Command.SpawnError(code: errno) }
    path = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The path of a file in the folder.
  static func / (scratch: Scratch, name: String) -> String { scratch.path + "/" + name }

  func write(_ bytes: [UInt8], to name: String) throws {
    try Data(bytes).write(to: URL(filePath: self / name))
  }

  func makeFolder(_ name: String) throws {
    try FileManager.default.createDirectory(atPath: self / name, withIntermediateDirectories: true)
  }

  /// The names of the files in the folder, sorted.
  func files(in folder: String = ".") throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: self / folder).sorted()
  }
}
