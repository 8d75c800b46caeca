import Explain
import FoundationEssentials
import Glibc

/// A folder of its own for a test, deleted with it. Names in it are paths as the program holds them: any bytes, by
/// `String(pathBytes:)`.
final class Scratch {
  let path: String

  init() throws {
    let template = FileManager.default.temporaryDirectory.path + "/ttame-lite-XXXXXX"
    var name = Array(template.utf8CString)
    guard mkdtemp(&name) != nil else { throw Command.SpawnError(code: errno) }
    path = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit { Self.remove(path) }

  /// The path of a file in the folder.
  static func / (scratch: Scratch, name: String) -> String { scratch.path + "/" + name }

  func write(_ bytes: [UInt8], to name: String) throws {
    let file = open((self / name).cPath, O_WRONLY | O_CREAT | O_TRUNC, 0o666)
    guard file >= 0 else { throw Command.SpawnError(code: errno) }
    defer { close(file) }
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
      guard count > 0 else { throw Command.SpawnError(code: errno) }
      rest = rest.dropFirst(count)
    }
  }

  /// Makes a folder and those above it.
  func makeFolder(_ name: String) throws {
    if let parent = parentFolder(name) { try makeFolder(parent) }
    guard mkdir((self / name).cPath, 0o777) == 0 || errno == EEXIST else { throw Command.SpawnError(code: errno) }
  }

  /// Makes a symbolic link.
  func link(_ name: String, to target: String) throws {
    guard symlink(target.cPath, (self / name).cPath) == 0 else { throw Command.SpawnError(code: errno) }
  }

  /// The names of the files in the folder, sorted by their bytes.
  func files(in folder: String = ".") throws -> [String] {
    try Self.names(in: self / folder).sorted { $0.pathBytes.lexicographicallyPrecedes($1.pathBytes) }
  }

  private static func names(in folder: String) throws -> [String] {
    guard let handle = opendir(folder.cPath) else { throw Command.SpawnError(code: errno) }
    defer { closedir(handle) }
    var names: [String] = []
    while let entry = readdir(handle) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cPath: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }

  /// Removes a file, or a folder with all that is in it; folders that may not be read are made readable first.
  private static func remove(_ path: String) {
    guard unlink(path.cPath) != 0 else { return }
    chmod(path.cPath, 0o700)
    for name in (try? names(in: path)) ?? [] { remove(path + "/" + name) }
    rmdir(path.cPath)
  }
}
